"""RFC 5256 §3 read plainly: sorting and threading as the text says it, step by step and without regard to cost.

What a message is here is what the RFC speaks of; the outcome is a THREAD response's text. Nothing of the server's own is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Message:
    """A message: *number* is its sequence number, *sent* its sent date; *subject* is the base subject."""

    number: int
    sent: int = 0
    subject: str = ""
    reply: bool = False
    message_id: str = ""
    references: tuple[str, ...] = ()


@dataclass(eq=False)
class Container:
    """A place in a tree, with a message or as a dummy."""

    message: Message | None = None
    parent: Container | None = None
    children: list[Container] = field(default_factory=list)

    def is_below(self, other: Container) -> bool:
        above = self.parent
        while above is not None:
            if above is other:
                return True
            above = above.parent
        return False

    def hang(self, parent: Container | None) -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
        self.parent = parent
        if parent is not None:
            parent.children.append(self)

    def date(self) -> tuple[int, int]:
        if self.message is None:
            return min(child.date() for child in self.children)
        return self.message.sent, self.message.number

    def first(self) -> Message:
        if self.message is None:
            return min(self.children, key=Container.date).first()
        return self.message


def _link(messages: list[Message]) -> list[Container]:
    """Step 1."""
    table: dict[str, Container] = {}
    everything: list[Container] = []
    own: list[tuple[Container, Message]] = []
    for message in messages:
        container = Container(message)
        everything.append(container)
        own.append((container, message))
        if message.message_id and message.message_id not in table:
            table[message.message_id] = container
    for container, message in own:
        before: Container | None = None
        for reference in message.references:
            if reference not in table:
                table[reference] = Container()
                everything.append(table[reference])
            current = table[reference]
            if before is not None and current.parent is None and current is not before and not before.is_below(current):
                current.hang(before)
            before = current
        container.hang(None)
        if before is not None and before is not container and not before.is_below(container):
            container.hang(before)
    return everything


def _prune(containers: list[Container], *, top: bool) -> list[Container]:
    """Step 3."""
    kept: list[Container] = []
    for container in containers:
        container.children = _prune(container.children, top=False)
        if container.message is not None:
            kept.append(container)
        elif not top or len(container.children) < 2:
            kept += container.children
        else:
            kept.append(container)
    return kept


def _gather(roots: list[Container]) -> list[Container]:
    """Step 5."""
    table: dict[str, Container] = {}
    for current in roots:
        subject = current.first().subject.upper()
        if not subject:
            continue
        known = table.get(subject)
        if known is None or (
            known.message is not None
            and (current.message is None or (known.message.reply and not current.message.reply))
        ):
            table[subject] = current
    result = list(roots)
    for current in roots:
        subject = current.first().subject.upper()
        if not subject or table[subject] is current:
            continue
        known = table[subject]
        result.remove(current)
        if known.message is None and current.message is None:
            known.children += current.children
        elif known.message is None or (
            current.message is not None and current.message.reply and not known.message.reply
        ):
            known.children.append(current)
        else:
            table[subject] = Container(children=[known, current])
            result[result.index(known)] = table[subject]
    return result


def _sort(containers: list[Container]) -> None:
    """Step 6."""
    for container in containers:
        _sort(container.children)
    containers.sort(key=Container.date)


def _text(container: Container) -> str:
    own = "" if container.message is None else str(container.message.number)
    if len(container.children) == 1:
        return f"{own} {_text(container.children[0])}"
    below = "".join(f"({_text(child)})" for child in container.children)
    return f"{own} {below}" if own and below else own + below


def _response(roots: list[Container]) -> str:
    return "".join(f"({_text(root)})" for root in roots)


def references(messages: list[Message]) -> str:
    """THREAD REFERENCES."""
    roots = _prune([each for each in _link(messages) if each.parent is None], top=True)
    roots.sort(key=Container.date)
    roots = _gather(roots)
    _sort(roots)
    return _response(roots)


def _last(container: Container) -> tuple[int, int]:
    own = [] if container.message is None else [(container.message.sent, container.message.number)]
    return max([*own, *map(_last, container.children)])


def refs(messages: list[Message]) -> str:
    """THREAD REFS: steps 1 to 3, then threads by their latest message."""
    roots = _prune([each for each in _link(messages) if each.parent is None], top=True)
    _sort(roots)
    roots.sort(key=_last)
    return _response(roots)


def ordered_subject(messages: list[Message]) -> str:
    """THREAD ORDEREDSUBJECT."""
    by_subject = sorted(messages, key=lambda each: (each.subject.upper(), each.sent, each.number))
    threads: list[list[Message]] = []
    for message in by_subject:
        if threads and threads[-1][0].subject.upper() == message.subject.upper():
            threads[-1].append(message)
        else:
            threads.append([message])
    threads.sort(key=lambda thread: (thread[0].sent, thread[0].number))
    return _response([Container(first, children=[Container(each) for each in others]) for first, *others in threads])
