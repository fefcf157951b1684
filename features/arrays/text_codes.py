"""Numbers for texts: each different text once, in the order in which they are first seen.

A table of slots leads from a text's hash to its number. The first and the last eight bytes of a
text lie beside its number, so that one look tells most texts apart; texts are looked up in blocks,
step by step, so that the processor waits for many places of memory at once.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ..errors import SchemaError
from .array_types import ByteArray, CodeArray, IntArray, WordArray
from .compiled import kernel

__all__ = ["Encoder"]


_BLOCK = 1 << 10
_WORD = 8
_LARGEST = 2**31 - 1
"""Bytes of all texts together that Arrow's text type holds."""

_ONE_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_OTHER_SPREAD = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF = np.uint64(32)


class _Known(NamedTuple):
    """The different texts so far, counted from 1 on."""

    slots: CodeArray
    """Number of a text; 0 where no text is."""
    hashes: WordArray
    ends: WordArray
    """First and last eight bytes; of a shorter text all of them, twice."""
    starts: IntArray
    """Where each text begins among the letters, and one more."""
    letters: ByteArray


class _Block(NamedTuple):
    """What is found out about some texts on their way."""

    hashes: WordArray
    first: WordArray
    last: WordArray
    missed: IntArray


class Encoder:
    """Gives texts their numbers, one array after another.

    Parameters
    ----------
    expected : int
        Texts that will come, of which about one in eight may be another one; any other number of
        them finds room as well.

    Examples
    --------
    >>> encoder = Encoder()
    >>> encoder.encode(pa.array(["b", "a", None, "b"])).tolist()
    [0, 1, -1, 0]
    >>> encoder.encode(pa.array(["c", "a"])).tolist(), encoder.names.to_pylist()
    ([2, 1], ['b', 'a', 'c'])
    """

    def __init__(self, expected: int = 0) -> None:
        self._count = 0
        n_slots = max(4 * _BLOCK, 1 << (expected // 4 - 1).bit_length())
        self._known = _room_for(n_slots, n_slots * _WORD)

    @property
    def names(self) -> pa.Array:
        """The different texts in the order of their numbers.

        Raises
        ------
        SchemaError
            If they have more than two gigabytes together.
        """
        starts = self._known.starts[1 : self._count + 2]
        if starts[-1] > _LARGEST:
            raise SchemaError(
                f"A column has {self._count:,} different texts with {starts[-1]:,} bytes together, "
                f"and {_LARGEST:,} can be kept. Give it shorter ones, such as numbers."
            )
        letters = self._known.letters[: starts[-1]]
        buffers = (pa.py_buffer(starts.astype(np.int32)), pa.py_buffer(letters))
        return pa.StringArray.from_buffers(self._count, *buffers)

    def encode(self, texts: pa.Array) -> CodeArray:
        """Return the number of each text; new texts get the next ones.

        Parameters
        ----------
        texts : pyarrow.Array of string, shape (n,)

        Returns
        -------
        ndarray of int32, shape (n,)
            -1 where there is none.
        """
        if texts.null_count:
            filled = np.asarray(texts.is_valid())
            codes = np.full(len(texts), -1, np.int32)
            codes[filled] = self.encode(texts.drop_null())
            return codes
        _, places, data = texts.buffers()
        if not len(texts) or places is None:
            return np.zeros(0, np.int32)
        offsets = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        return self._encode(offsets, np.frombuffer(data or b"", np.uint8))

    def _encode(self, offsets: CodeArray, letters: ByteArray) -> CodeArray:
        offsets.flags.writeable = letters.flags.writeable = False
        codes, done = np.empty(len(offsets) - 1, np.int32), 0
        while done < len(codes):
            self._make_room(int(offsets[min(done + _BLOCK, len(codes))] - offsets[done]))
            done, self._count = _encode(offsets, letters, self._known, (done, self._count), codes)
        return codes

    def _make_room(self, more: int) -> None:
        """Let one more block fit, were all of its texts new."""
        known, used = self._known, int(self._known.starts[self._count + 1])
        if used + more > len(known.letters):
            grown = np.empty(2 * (used + more), np.uint8)
            grown[:used] = known.letters[:used]
            self._known = known = known._replace(letters=grown)
        if self._count + _BLOCK > len(known.hashes) - 1:
            self._known = _with_more_slots(known, self._count)


def _room_for(n_slots: int, n_letters: int) -> _Known:
    n_texts = n_slots // 2
    return _Known(
        np.zeros(n_slots, np.int32),
        np.zeros(n_texts + 1, np.uint64),
        np.zeros((n_texts + 1, 2), np.uint64),
        np.zeros(n_texts + 2, np.int64),
        np.empty(n_letters, np.uint8),
    )


def _with_more_slots(known: _Known, count: int) -> _Known:
    grown, end = _room_for(4 * len(known.slots), 0), count + 1
    grown.hashes[:end], grown.ends[:end] = known.hashes[:end], known.ends[:end]
    grown.starts[: end + 1] = known.starts[: end + 1]
    _fill(grown.slots, grown.hashes[:end])
    return grown._replace(letters=known.letters)


@kernel
def _encode(
    offsets: CodeArray,
    letters: ByteArray,
    known: _Known,
    so_far: tuple[int, int],
    codes: CodeArray,
) -> tuple[int, int]:
    """Encode block after block as long as there is room, from one place on."""
    done, count = so_far
    words, missed = np.empty((3, _BLOCK), np.uint64), np.empty(_BLOCK, np.int64)
    block = _Block(words[0], words[1], words[2], missed)
    while done < len(codes):
        high = min(done + _BLOCK, len(codes))
        most_letters = known.starts[count + 1] + offsets[high] - offsets[done]
        if count + _BLOCK > len(known.hashes) - 1 or most_letters > len(known.letters):
            break
        places, found = offsets[done : high + 1], codes[done:high]
        _read(places, letters, block)
        n_missed = _guess(places, letters, known, block, found)
        count = _search(places, letters, known, block, found, (n_missed, count))
        done = high
    return done, count


@kernel
def _read(offsets: CodeArray, letters: ByteArray, block: _Block) -> None:
    for j in range(len(offsets) - 1):
        start, size = np.int64(offsets[j]), np.int64(offsets[j + 1] - offsets[j])
        first, last = _ends_of(letters, start, size)
        mixed = (first * _ONE_SPREAD) ^ ((last + np.uint64(size)) * _OTHER_SPREAD)
        for place in range(start + _WORD, start + size - _WORD, _WORD):
            mixed = (mixed ^ (mixed >> _HALF) ^ _word(letters, place)) * _ONE_SPREAD
        mixed = (mixed ^ (mixed >> _HALF)) * _OTHER_SPREAD
        block.hashes[j] = mixed ^ (mixed >> _HALF)
        block.first[j], block.last[j] = first, last


@kernel
def _guess(
    offsets: CodeArray, letters: ByteArray, known: _Known, block: _Block, codes: CodeArray
) -> int:
    """Take what lies in each text's own slot, and note where that is another text."""
    mask, n_missed = np.uint64(len(known.slots) - 1), 0
    for j in range(len(codes)):
        codes[j] = known.slots[block.hashes[j] & mask]
    for j in range(len(codes)):
        block.missed[n_missed] = j
        n_missed += not _is(offsets, letters, known, block, j, codes[j])
        codes[j] -= 1
    return n_missed


@kernel
def _search(
    offsets: CodeArray,
    letters: ByteArray,
    known: _Known,
    block: _Block,
    codes: CodeArray,
    counts: tuple[int, int],
) -> int:
    """Look for the missed texts in the slots that follow, and learn those that are nowhere."""
    (n_missed, count), mask = counts, np.uint64(len(known.slots) - 1)
    for j in block.missed[:n_missed]:
        slot = block.hashes[j] & mask
        while known.slots[slot] and not _is(offsets, letters, known, block, j, known.slots[slot]):
            slot = (slot + np.uint64(1)) & mask
        if known.slots[slot] == 0:
            count += 1
            known.slots[slot] = count
            _learn(offsets, letters, known, block, j, count)
        codes[j] = known.slots[slot] - 1
    return count


@kernel
def _is(
    offsets: CodeArray, letters: ByteArray, known: _Known, block: _Block, j: int, number: int
) -> bool:
    """Say whether a text of the block is the one with a number."""
    start, size = known.starts[number], offsets[j + 1] - offsets[j]
    # One condition without a jump: a wrong guess of the processor costs more than all of it.
    same = (
        (known.ends[number, 0] == block.first[j])
        & (known.ends[number, 1] == block.last[j])
        & (known.starts[number + 1] - start == size)
        & (number > 0)
    )
    if same and size > 2 * _WORD:
        for step in range(_WORD, size - _WORD, _WORD):
            same &= _word(letters, offsets[j] + step) == _word(known.letters, start + step)
    return bool(same)


@kernel
def _learn(
    offsets: CodeArray, letters: ByteArray, known: _Known, block: _Block, j: int, number: int
) -> None:
    known.hashes[number] = block.hashes[j]
    known.ends[number, 0], known.ends[number, 1] = block.first[j], block.last[j]
    start, size = known.starts[number], offsets[j + 1] - offsets[j]
    for step in range(size):
        known.letters[start + step] = letters[offsets[j] + step]
    known.starts[number + 1] = start + size


@kernel
def _fill(slots: CodeArray, hashes: WordArray) -> None:
    """Give every text a slot, all of them being free."""
    mask = np.uint64(len(slots) - 1)
    for number in range(1, len(hashes)):
        slot = hashes[number] & mask
        while slots[slot]:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = number


@kernel
def _ends_of(letters: ByteArray, start: int, size: int) -> tuple[np.uint64, np.uint64]:
    """Return the first and the last eight bytes, or twice all of fewer."""
    if size >= _WORD:
        return _word(letters, start), _word(letters, start + size - _WORD)
    whole = np.uint64(0)
    for step in range(size):
        whole |= np.uint64(letters[start + step]) << np.uint64(8 * step)
    return whole, whole


@kernel
def _word(letters: ByteArray, place: int) -> np.uint64:
    """Return eight bytes as one number."""
    word, start = np.uint64(0), np.uint64(place)
    for step in range(_WORD):
        word |= np.uint64(letters[start + np.uint64(step)]) << np.uint64(8 * step)
    return word
