"""G: what stops or warns of a data set that is well formed but not fit for a causal claim."""

from __future__ import annotations

from dataclasses import dataclass

from ciq.rules.rule import Rule


@dataclass(frozen=True)
class GateRule(Rule):
    """``gate`` is the name in diagnostics.<dataset>_gates; ``trim`` says whether trimming is a way out."""

    gate: str = ""
    trim: bool = False


GATE_RULES = (
    GateRule(
        "G301",
        "An arm is empty",
        "Without both treated and untreated rows there is nothing to compare.",
        "Check the treatment column and the files that were delivered",
        gate="both_arms",
    ),
    GateRule(
        "G302",
        "A level exists in one arm only",
        "Where nobody, or everybody, is treated, the data say nothing of the effect: positivity is violated.",
        "Leave these rows out and say so of the population, or merge the level with one that is alike",
        gate="positivity",
    ),
    GateRule(
        "G303",
        "A small level exists in one arm only",
        "Too few rows to tell chance from structure; the fit can't tell either.",
        "Merge the level with one that is alike",
        gate="positivity_small_levels",
    ),
    GateRule(
        "G304",
        "The propensity fit did not converge",
        "Scores of a fit that has not reached its maximum mean nothing.",
        "Look for a covariate on a very different scale or close to a copy of another",
        gate="fit_converged",
    ),
    GateRule(
        "G305",
        "A covariate separates the arms",
        "Some covariate tells the treated from the untreated without fail: there is no overlap along it and no maximum "
        "of the likelihood.",
        "Remove the covariate if it is a consequence of treatment; else the comparison can't be made",
        gate="separation",
    ),
    GateRule(
        "G306",
        "A covariate is constant or determined by others",
        "It adds nothing to the fit, and its coefficient has no meaning.",
        "Remove it from covariate_cols, or set propensity.collinear to drop",
        gate="collinear",
    ),
    GateRule(
        "G307",
        "The scores are not those of a maximum-likelihood fit",
        "At the maximum, overlap-weighted means are equal in both arms (Li, Morgan & Zaslavsky 2018).",
        "Run again from a clean warehouse; if it stays, the fit or the scores were changed by hand",
        gate="fit_invariant",
    ),
    GateRule(
        "G308",
        "Too little overlap",
        "Where scores are near 0 or 1, one arm has no counterpart in the other and the effect is extrapolation.",
        "Choose a comparison group that could have been treated, or trim and say the narrower population",
        gate="overlap_share",
        trim=True,
    ),
    GateRule(
        "G309",
        "Too many rows that are hardly ever treated",
        "They take enormous weights in the one arm and find no match in the other.",
        "Leave out those who could not have been treated, and say so of the population",
        gate="tail_lt_001",
        trim=True,
    ),
    GateRule(
        "G310",
        "Too many rows that are nearly always treated",
        "They take enormous weights in the one arm and find no match in the other.",
        "Leave out those who could not have gone untreated, and say so of the population",
        gate="tail_gt_099",
        trim=True,
    ),
    GateRule(
        "G311",
        "Little equipoise",
        "Few rows have a preference score between 0.3 and 0.7, where either choice was open (Walker et al. 2013).",
        "Compare treatments that were alternatives for the same people",
        gate="equipoise",
    ),
    GateRule(
        "G312",
        "Treatment is nearly predictable",
        "An AUC over 0.9 means that the covariates all but decide the treatment; one of them may follow from it.",
        "Look for a covariate that was measured after treatment",
        gate="auc",
    ),
    GateRule(
        "G313",
        "A small effective sample",
        "The weights leave less than a tenth of an arm's rows to carry the estimate.",
        "Trim, or set estimand to ATO",
        gate="ess_share",
        trim=True,
    ),
    GateRule(
        "G314",
        "One row carries too much weight",
        "An estimate that hangs on one row is no estimate.",
        "Trim, or set estimand to ATO",
        gate="max_weight_share",
        trim=True,
    ),
    GateRule(
        "G315",
        "Covariates are out of balance",
        "After weighting, the arms still differ in what was there before the treatment.",
        "Add squares of the worst covariates to propensity.squares, or choose another comparison group or estimand",
        gate="balance",
        trim=True,
    ),
    GateRule(
        "G360",
        "Squares or products are out of balance",
        "The arms have the same means and differ in spread, or in how two covariates go together.",
        "Name the worst ones in propensity.squares or propensity.interactions",
        gate="balance_terms",
    ),
    GateRule(
        "G361",
        "A segment has too little overlap of its own",
        "The share of the whole hides a group in which one arm has hardly a counterpart in the other.",
        "Say nothing of the effect in that segment, or leave it out and say so of the population",
        gate="segment_overlap",
    ),
    GateRule(
        "G362",
        "A segment is out of balance",
        "The weights balance the whole; within this group the arms still differ, beyond what chance gives.",
        "Name the segment with the covariate in propensity.interactions before an effect is told for it",
        gate="segment_balance",
    ),
    GateRule(
        "G363",
        "A cell of two covariates exists in one arm only",
        "Each level alone has both arms, and together they have one, in more rows than chance leaves: for these people "
        "the effect comes from a model that carries it over from others.",
        "Leave these rows out and say so of the population, or merge one of the levels with one that is alike",
        gate="positivity_cells",
    ),
    GateRule(
        "G364",
        "An arm has no outcome",
        "An effect compares the outcomes of both arms; one that nobody recorded in an arm can't be made up for.",
        "Check outcome_col and where its values come from; while outcomes are not known yet, leave outcome_col out",
        gate="outcome_absent",
    ),
    GateRule(
        "G365",
        "The outcome is constant within an arm",
        "Within both arms: it is a constant, or the treatment under another name, and nothing can be estimated. Within "
        "one arm, where it only warns: it was filled in there, or the event is too rare for a standard error.",
        "Check that outcome_col names the outcome, and that nothing filled it with one value",
        gate="outcome_constant",
    ),
    GateRule(
        "G366",
        "A number takes one value in one arm",
        "Where it has other values, only the other arm has rows: equal means and scores hide that the effect there "
        "comes from a model that carries it over.",
        "Check that nothing filled it with one value; else leave out the rows with other values and say so of the "
        "population",
        gate="constant_in_arm",
    ),
    Rule(
        "G320",
        "An audit of the cleaned rows failed",
        "Every constraint of the contract is judged once more on the rows that the statistics see.",
        "Mend the rows at the source, or the contract.",
    ),
    Rule(
        "G321",
        "A model failed",
        "SQLMesh could not build it.",
        "Read the message; `sqlmesh plan` shows it whole.",
    ),
    Rule(
        "G322",
        "A covariate has too many levels",
        "Each level is a column of the fit; with thousands of them a covariate is a key, or has few rows in each.",
        "Group the levels at the source, as a postcode by its first digits, or remove the covariate",
    ),
)
