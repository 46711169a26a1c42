"""A stretch in which what was read stays new enough."""

from restante.store.moment import Moment


def test_outside_a_stretch_no_look_is_good_for_another() -> None:
    moment = Moment()
    assert moment.look() != moment.now


def test_within_a_stretch_a_look_is_good_and_no_longer() -> None:
    moment = Moment()
    moment.begin()
    look = moment.look()
    assert look == moment.now
    moment.end()
    assert look != moment.now
    moment.begin()
    assert look != moment.now
