"""A wrong sign, factor or bound in any mechanism is noticed."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from mutations import LOADED, PACKAGE, Mutation, find_proofs, list_mutations, survives

FILES = sorted((PACKAGE / "mechanisms").glob("[!_]*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_mechanism_can_be_changed_in_several_ways(file):
    mutations = list_mutations(file)
    assert len(mutations) >= 3
    text = file.read_text("utf-8")
    for mutation in mutations:
        assert mutation.text != text
        compile(mutation.text, file.name, "exec")


@pytest.mark.slow
def test_every_change_of_a_small_mechanism_is_noticed_by_its_own_tests():
    """One mechanism, without the oracle, which takes most of the time; `make mutants` takes all."""
    (file,) = (file for file in FILES if file.stem == "staffing")
    proofs, mutations = find_proofs(file), list_mutations(file)
    as_it_stands = Mutation(file.stem, 1, "as it stands", "unchanged", file.read_text("utf-8"))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        tried = [pool.submit(survives, one, proofs) for one in (as_it_stands, *mutations)]
        assert [one.result() for one in tried] == [True] + [False] * len(mutations)
