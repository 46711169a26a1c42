"""A stretch in which what was read stays new enough."""

from restante.store.moment import Moment


def test_nothing_is_held_outside_a_stretch() -> None:
    moment = Moment()
    held = [moment.held]
    for turn in (moment.begin, moment.end):
        turn()
        held.append(moment.held)
    assert held == [False, True, False]


def test_no_stretch_is_taken_for_another() -> None:
    moment = Moment()
    numbers = [moment.number]
    for _ in range(2):
        moment.begin()
        numbers.append(moment.number)
        moment.end()
        assert moment.number == numbers[-1]
    assert len(set(numbers)) == 3
