# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ties recomputation to the backward, so that XLA neither merges it nor runs it early.

The encodings of `remat-encode`, written with JAX's own operations: they pass through `vmap`,
`shard_map` and further differentiation. `remat-verify` accepts both.
"""

from __future__ import annotations

import math
from collections import defaultdict
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import Literal

from remat.jax.nodes import Node, Ref, is_ref

if TYPE_CHECKING:
    from remat.jax.realise import Halves

#: Equations that cost no memory of their own when they are merged.
_FREE = {"broadcast_in_dim", "expand_dims", "iota", "reshape", "squeeze"}


class Regions:
    """The recomputations of one half: what each ties, and what its runs read instead."""

    def __init__(self, halves: Halves, indices: list[int]) -> None:
        self._halves, self._indices = halves, indices
        self._spans: dict[int, list[int]] = {}  # place of the first run -> the nodes
        span: list[int] = []
        for place, index in enumerate(indices):
            region = halves.nodes[index].region
            if region is None:
                continue
            if place and halves.nodes[indices[place - 1]].region == region:
                span.append(index)
            else:
                self._spans[place] = span = [index]
        self._gradients = self._find_gradients()
        self._last_read: dict[Ref, int] = {}
        for place, index in enumerate(indices):
            self._last_read.update((r, place) for r in halves.nodes[index].reads if is_ref(r))
        self._last_read.update((r, len(indices)) for r in halves.outputs if is_ref(r))
        #: Gradients that regions may run after: those not yet made, the next one last, ...
        self._to_come = sorted(filter(self._may_trigger, self._last_read), reverse=True)
        #: ... and those made, the one with the highest rank first.
        self._made: list[tuple[tuple[bool, int, int], Ref]] = []
        self._tied: dict[Any, Any] = {}
        self._opened = 0

    def enter(self, place: int, values: dict[Ref, Any]) -> None:
        """Ties the region that begins at `place`, if one does."""
        if place not in self._spans:
            return
        span = self._spans[place]
        chosen = _Chooser(self._halves, span).run()
        trigger = self._trigger(place, span)
        operands = [key.val if isinstance(key, Literal) else values[key] for key in chosen]
        if self._halves.encoding == "xla-cpu":
            source = [values[trigger]] if trigger else []
            tied = _guarded(operands, source, self._opened)
        else:
            after = [values[trigger]] if trigger and trigger not in chosen else []
            tied = lax.optimization_barrier([*operands, *after])
            if after:
                # XLA drops from a barrier what is not read behind it.
                values[trigger] = tied.pop()
        self._tied = dict(zip(map(_key, chosen), tied))
        self._opened += 1

    def read(self, node: Node, ref: Ref | Literal, values: dict[Ref, Any]) -> Any:
        """Returns the operand `ref` of `node`: in a region, the tied one."""
        if node.region is not None and _key(ref) in self._tied:
            return self._tied[_key(ref)]
        return values[ref] if is_ref(ref) else ref.val

    def _find_gradients(self) -> set[Ref]:
        """Returns what is computed from the cotangent, first runs and others."""
        found = {self._halves.cotangent}
        nodes = self._halves.nodes
        for index in self._indices:
            if any(is_ref(read) and read in found for read in nodes[index].reads):
                found.update(self._results(index))
        return found

    def _results(self, index: int) -> list[Ref]:
        equation = self._halves.flat.jaxpr.eqns[self._halves.nodes[index].equation]
        return [Ref(index, number) for number in range(len(equation.outvars))]

    def _may_trigger(self, ref: Ref) -> bool:
        made = ref in self._gradients and ref != self._halves.cotangent
        return made and _is_number(self._halves.aval(ref))

    def _rank(self, ref: Ref) -> tuple[bool, int, int]:
        """Floats rank before others, later ones before earlier ones; the lowest is the first."""
        floating = jnp.issubdtype(self._halves.aval(ref).dtype, jnp.floating)
        return not floating, -ref.node, -ref.index

    def _trigger(self, place: int, span: list[int]) -> Ref | None:
        """Returns the gradient that the region at `place` runs after.

        It is the latest float that the run behind the region reads, else the latest that
        anything behind it reads. None in a forward half. Requires: regions are asked for in
        their order. Cost: of all together, O(V log V) for the instances V of the half.
        """
        end = place + len(span)
        while self._to_come and self._to_come[-1].node < span[0]:
            ref = self._to_come.pop()
            heappush(self._made, (self._rank(ref), ref))
        while self._made and self._last_read[self._made[0][1]] < end:
            heappop(self._made)
        if end < len(self._indices):
            behind = self._halves.nodes[self._indices[end]].reads
            made = [ref for ref in behind if is_ref(ref) and ref.node < span[0]]
            if read := list(filter(self._may_trigger, made)):
                return min(read, key=self._rank)
        return self._made[0][1] if self._made else None


class _Chooser:
    """Chooses what a region ties: every run that is not free must depend on something tied.

    The rules are those of `chooseTies` in lib/Dialect/Remat/Transforms/Ties.cpp.
    """

    def __init__(self, halves: Halves, span: list[int]) -> None:
        self._halves, self._span = halves, span
        self._inside = set(span)
        self._tied: dict[Any, Any] = {}  # _key -> instance or literal
        self._reached: set[int] = set()  # runs that depend on something tied
        self._without_source: set[int] = set()
        self._readers: dict[Any, list[int]] = defaultdict(list)  # _key or run -> runs
        for index in span:
            for read in halves.nodes[index].reads:
                inside = is_ref(read) and read.node in self._inside
                self._readers[read.node if inside else _key(read)].append(index)

    def run(self) -> list[Any]:
        """Returns the instances and literals to tie.

        Cost: linear in what the runs read; each is followed once, views as often as a run
        that nothing ties reads them.
        """
        outside = dict.fromkeys(
            ref
            for index in self._span
            for ref in self._halves.nodes[index].reads
            if is_ref(ref) and ref.node not in self._inside
        )
        encoding = self._halves.encoding
        products = self._read_by_products() if encoding == "xla-gpu" else set()
        for ref in outside:
            kept = encoding == "xla-gpu" and (ref.node >= 0 or ref in products)
            if kept or encoding == "xla-tpu":
                self._tie(ref)
        for index in self._span:
            if index not in self._reached and not self._is_free(index):
                if sources := self._sources(index):
                    self._tie(min(sources, key=self._rank))
                else:
                    self._without_source.add(index)
        return list(self._tied.values())

    def _is_free(self, index: int) -> bool:
        name = self._halves.flat.jaxpr.eqns[self._halves.nodes[index].equation].primitive.name
        return name in _FREE

    def _read_by_products(self) -> set[Any]:
        """Returns what products of matrices read, also through views: XLA:GPU merges two that
        share an operand."""
        found, todo = set(), []
        for index in self._span:
            equation = self._halves.flat.jaxpr.eqns[self._halves.nodes[index].equation]
            if equation.primitive.name == "dot_general":
                todo += self._halves.nodes[index].reads
        while todo:
            ref = todo.pop()
            if not is_ref(ref) or ref in found:
                continue
            found.add(ref)
            if ref.node in self._inside and self._is_free(ref.node):
                todo += self._halves.nodes[ref.node].reads
        return found

    def _tie(self, read: Ref | Literal) -> None:
        key = _key(read)
        self._tied[key] = read
        todo = list(self._readers[key])
        while todo:
            index = todo.pop()
            if index not in self._reached:
                self._reached.add(index)
                todo += self._readers[index]

    def _rank(self, one: Any) -> tuple[bool, int]:
        return not is_ref(one), _size(self._halves.aval(one)) if is_ref(one) else 0

    def _sources(self, index: int) -> list[Any]:
        """Returns the instances and literals, from outside, that run `index` depends on."""
        found: dict[Any, Any] = {}
        todo, seen = [index], {index}
        while todo:
            for read in self._halves.nodes[todo.pop()].reads:
                if is_ref(read) and read.node in self._inside:
                    if read.node not in seen and read.node not in self._without_source:
                        seen.add(read.node)
                        todo.append(read.node)
                elif _can_be_tied(self._halves.aval(read) if is_ref(read) else read.aval):
                    found[_key(read)] = read
        return list(found.values())


def _key(read: Any) -> Any:
    """Literals are told apart by identity: the same one stands for the same operand."""
    return read if is_ref(read) else ("literal", id(read))


def _size(aval: Any) -> int:
    return math.prod(aval.shape) * aval.dtype.itemsize


def _is_key(dtype: Any) -> bool:
    return jnp.issubdtype(dtype, jax.dtypes.prng_key)


def _is_number(aval: Any) -> bool:
    """True for arrays of numbers of whole bytes that have an element."""
    dtype = aval.dtype
    plain = jnp.issubdtype(dtype, jnp.number) or dtype == jnp.bool_
    return plain and dtype.itemsize in (1, 2, 4, 8, 16) and 0 not in aval.shape


def _can_be_tied(aval: Any) -> bool:
    return _is_key(aval.dtype) or _is_number(aval)


def _guarded(operands: list[Any], trigger: list[Any], region: int) -> list[Any]:
    """Returns `operands` behind selects whose predicate is always true but unknown to XLA."""
    data = [jax.random.key_data(one) if _is_key(one.dtype) else one for one in operands]
    numbers = [one for one in (*trigger, *data) if _is_number(jax.typeof(one))]
    if not numbers:
        return operands
    truth = _truth(numbers[0], region)
    tied = [_guard(truth, one) for one in data]
    return [
        jax.random.wrap_key_data(after, impl=jax.random.key_impl(before))
        if _is_key(before.dtype)
        else after
        for before, after in zip(operands, tied)
    ]


def _unsigned(dtype: Any) -> Any:
    return jnp.dtype(f"uint{8 * dtype.itemsize}")


def _truth(source: Any, region: int) -> Any:
    """Returns a scalar that is true: bits of `source` or an odd number, compared with zero."""
    source = jnp.asarray(source)
    first = lax.slice(source, (0,) * source.ndim, (1,) * source.ndim).reshape(())
    if jnp.issubdtype(first.dtype, jnp.complexfloating):
        first = lax.real(first)
    unsigned = _unsigned(first.dtype)
    if first.dtype == jnp.bool_:
        bits = lax.convert_element_type(first, unsigned)
    else:
        bits = lax.bitcast_convert_type(first, unsigned)
    odd_numbers = 128  # in the narrowest integers, of 8 bits
    odd = jnp.array(region % odd_numbers * 2 + 1, unsigned)
    return lax.ne(lax.bitwise_or(bits, odd), jnp.array(0, unsigned))


def _guard(truth: Any, value: Any) -> Any:
    """Returns `value`, bit for bit, by a select of it."""
    value = jnp.asarray(value)
    narrow = jnp.issubdtype(value.dtype, jnp.floating) and value.dtype.itemsize < 4
    one = lax.bitcast_convert_type(value, _unsigned(value.dtype)) if narrow else value
    inexact = jnp.issubdtype(one.dtype, jnp.inexact)
    other = lax.neg(one) if inexact else lax.bitwise_not(one)
    tied = lax.select(truth, one, other)
    return lax.bitcast_convert_type(tied, value.dtype) if narrow else tied
