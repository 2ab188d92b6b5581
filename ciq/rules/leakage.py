"""G340 to G346: a covariate that can't have been a cause, because it follows from treatment or outcome."""

from __future__ import annotations

from ciq.rules.gate import GateRule

LEAKAGE_RULES = (
    GateRule(
        "G340",
        "A value became known after the row's time",
        "What was not known when the treatment was given can't have decided it; it may be an effect.",
        "Take the value as it was at the row's time, or remove the covariate",
        gate="leakage_time",
    ),
    GateRule(
        "G346",
        "A value does not say when it became known",
        "Whether it was there before the treatment can't be told: it may be an effect.",
        "Fill in the time at the source, or have such rows refused by naming its column in constraints.not_null",
        gate="leakage_time_missing",
    ),
    GateRule(
        "G341",
        "A covariate tells the treatment by itself",
        "Its AUC for the treatment is so high that it is the treatment under another name, or follows from it.",
        "Remove the covariate if it was measured after the treatment or is a consequence of it; else the arms can't be "
        "compared. The figures of the fit mean little before that",
        gate="leakage_treatment",
    ),
    GateRule(
        "G342",
        "That a covariate is missing tells the treatment",
        "The value was recorded for one arm only: whether it is there is a consequence of treatment.",
        "Remove the covariate, or record it for both arms. The figures of the fit mean little before that",
        gate="leakage_treatment_missing",
    ),
    GateRule(
        "G343",
        "A covariate is strongly correlated with treatment",
        "A correlation over 0.5 is a sign of a covariate that follows from the treatment (OHDSI CohortMethod).",
        "Look up when the covariate is measured",
        gate="leakage_correlation",
    ),
    GateRule(
        "G344",
        "A covariate tells the outcome by itself",
        "Nearly all of the outcome is in it already: it is probably the outcome, or measured after it.",
        "Remove the covariate if it was measured after the treatment",
        gate="leakage_outcome",
    ),
    GateRule(
        "G345",
        "That a covariate is missing tells the outcome",
        "Whether the value was recorded depends on how it ended.",
        "Remove the covariate, or record it for every row",
        gate="leakage_outcome_missing",
    ),
)
