MODEL (
  name diagnostics.@{dataset}_overlap,
  kind FULL,
  description 'Overlap of the two arms'' propensity scores, one row',
  grain n,
  columns (
    n BIGINT,
    n_treated BIGINT,
    n_control BIGINT,
    prevalence DOUBLE,
    overlap_share DOUBLE,
    tail_lt_001 DOUBLE,
    tail_gt_099 DOUBLE,
    equipoise DOUBLE,
    equipoise_treated DOUBLE,
    equipoise_control DOUBLE,
    common_support_share DOUBLE,
    ps_min DOUBLE,
    ps_max DOUBLE,
    ps_mean DOUBLE,
    ps_mean_treated DOUBLE,
    ps_mean_control DOUBLE,
    brier DOUBLE,
    deviance DOUBLE,
    ess_ate_treated DOUBLE,
    ess_att_treated DOUBLE,
    ess_atc_treated DOUBLE,
    ess_ato_treated DOUBLE,
    ess_ate_control DOUBLE,
    ess_att_control DOUBLE,
    ess_atc_control DOUBLE,
    ess_ato_control DOUBLE,
    max_weight_ate DOUBLE,
    max_weight_att DOUBLE,
    max_weight_atc DOUBLE,
    max_weight_ato DOUBLE,
    max_weight_share_ate DOUBLE,
    max_weight_share_att DOUBLE,
    max_weight_share_atc DOUBLE,
    max_weight_share_ato DOUBLE,
    auc DOUBLE,
    ece10 DOUBLE,
    crump_alpha DOUBLE,
    crump_kept BIGINT,
    crump_kept_treated BIGINT,
    auc_oof DOUBLE,
    brier_oof DOUBLE,
    ece10_oof DOUBLE
  ),
  column_descriptions (
    overlap_share = 'Share of rows with 0.05 < e < 0.95',
    tail_lt_001 = 'Share of rows with e < 0.01',
    tail_gt_099 = 'Share of rows with e > 0.99',
    equipoise = 'Share of rows with a preference score from 0.3 to 0.7 (Walker et al. 2013)',
    common_support_share = 'Share of rows with e between the larger minimum and the smaller maximum of the arms',
    max_weight_share_ate = 'Largest share that one row has of its arm''s weight',
    ece10 = 'Expected calibration error over ten bins of equal count',
    auc_oof = 'Each row scored by a fit without its fold; NULL where the fit to all rows did not converge'
  ),
  audits (
    number_of_rows(threshold := 0),
    not_null(columns := (n, n_treated, n_control, prevalence))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(preference_score, overlap_share, in_equipoise, effective_samples)
);

@DEF(
  largest_share,
  w -> GREATEST(
    MAX(CASE WHEN _treated = 1 THEN w END) / SUM(CASE WHEN _treated = 1 THEN w END),
    MAX(CASE WHEN _treated = 0 THEN w END) / SUM(CASE WHEN _treated = 0 THEN w END)
  )
);

WITH arms AS (
  SELECT
    COUNT(*) AS n,
    COUNT(CASE WHEN _treated = 1 THEN 1 END) AS n_treated,
    COUNT(CASE WHEN _treated = 0 THEN 1 END) AS n_control,
    AVG(_treated) AS prevalence,
    GREATEST(MIN(CASE WHEN _treated = 1 THEN ps_hat END), MIN(CASE WHEN _treated = 0 THEN ps_hat END)) AS support_from,
    LEAST(MAX(CASE WHEN _treated = 1 THEN ps_hat END), MAX(CASE WHEN _treated = 0 THEN ps_hat END)) AS support_to
  FROM diagnostics.@{dataset}_scores
), preference AS (
  /* Walker et al. 2013: the score with the prevalence taken out, logit F = logit e - logit pi */
  SELECT
    _treated,
    ps_hat,
    w_ate,
    w_att,
    w_atc,
    w_ato,
    a.support_from,
    a.support_to,
    @preference_score AS f
  FROM diagnostics.@{dataset}_scores AS s
  CROSS JOIN arms AS a
), summed AS (
  SELECT
    @overlap_share AS overlap_share,
    AVG(CASE WHEN ps_hat < 0.01 THEN 1.0 ELSE 0.0 END) AS tail_lt_001,
    AVG(CASE WHEN ps_hat > 0.99 THEN 1.0 ELSE 0.0 END) AS tail_gt_099,
    AVG(@in_equipoise) AS equipoise,
    AVG(CASE WHEN _treated = 1 THEN @in_equipoise END) AS equipoise_treated,
    AVG(CASE WHEN _treated = 0 THEN @in_equipoise END) AS equipoise_control,
    AVG(CASE WHEN ps_hat BETWEEN support_from AND support_to THEN 1.0 ELSE 0.0 END) AS common_support_share,
    MIN(ps_hat) AS ps_min,
    MAX(ps_hat) AS ps_max,
    AVG(ps_hat) AS ps_mean,
    AVG(CASE WHEN _treated = 1 THEN ps_hat END) AS ps_mean_treated,
    AVG(CASE WHEN _treated = 0 THEN ps_hat END) AS ps_mean_control,
    AVG((_treated - ps_hat) * (_treated - ps_hat)) AS brier,
    /* A score of exactly 0 or 1 has a logarithm only if it is held off */
    -2 * SUM(LN(GREATEST(CASE WHEN _treated = 1 THEN ps_hat ELSE 1 - ps_hat END, 1e-300))) AS deviance,
    @EACH(@effective_samples, c -> c),
    MAX(w_ate) AS max_weight_ate,
    MAX(w_att) AS max_weight_att,
    MAX(w_atc) AS max_weight_atc,
    MAX(w_ato) AS max_weight_ato,
    @largest_share(w_ate) AS max_weight_share_ate,
    @largest_share(w_att) AS max_weight_share_att,
    @largest_share(w_atc) AS max_weight_share_atc,
    @largest_share(w_ato) AS max_weight_share_ato
  FROM preference
), calibrated AS (
  SELECT
    MAX(CASE WHEN scores = 'in_sample' THEN auc END) AS auc,
    MAX(CASE WHEN scores = 'out_of_fold' THEN auc END) AS auc_oof,
    MAX(CASE WHEN scores = 'out_of_fold' THEN brier END) AS brier_oof,
    SUM(CASE WHEN scores = 'in_sample' THEN n * ABS(treated_share - score_mean) END) / SUM(CASE WHEN scores = 'in_sample' THEN n END) AS ece10,
    SUM(CASE WHEN scores = 'out_of_fold' THEN n * ABS(treated_share - score_mean) END) / SUM(CASE WHEN scores = 'out_of_fold' THEN n END) AS ece10_oof
  FROM diagnostics.@{dataset}_calibration
)
SELECT
  a.n,
  a.n_treated,
  a.n_control,
  a.prevalence,
  s.*,
  c.auc,
  c.ece10,
  o.crump_alpha,
  o.crump_kept,
  o.crump_kept_treated,
  c.auc_oof,
  c.brier_oof,
  c.ece10_oof
FROM arms AS a
CROSS JOIN summed AS s
CROSS JOIN calibrated AS c
CROSS JOIN diagnostics.@{dataset}_crump AS o
