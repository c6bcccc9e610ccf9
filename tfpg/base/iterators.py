"""An iterator that nobody iterates over does nothing; it should not do so in silence."""

import functools
import warnings
import weakref
from collections.abc import Callable, Generator, Iterator
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Item = TypeVar("Item")


def never_silent(
    message: str,
) -> Callable[[Callable[Arguments, Generator[Item, None, None]]], Callable[Arguments, Iterator[Item]]]:
    """Decorator of a generator function whose iterators warn if they go without having begun."""

    def decorate(
        function: Callable[Arguments, Generator[Item, None, None]],
    ) -> Callable[Arguments, Iterator[Item]]:
        @functools.wraps(function)
        def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Iterator[Item]:
            begun = []

            def items() -> Generator[Item, None, None]:
                begun.append(True)
                yield from function(*args, **kwargs)

            def tell() -> None:
                if not begun:
                    warnings.warn(message, stacklevel=3)  # where it went; 2 is weakref's own frame

            iterator = items()
            weakref.finalize(iterator, tell)
            return iterator

        return made

    return decorate
