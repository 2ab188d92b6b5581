CREATE TABLE ciq.run_starts (
  run_id text PRIMARY KEY,
  dataset text NOT NULL,
  environment text NOT NULL,
  started_at timestamptz NOT NULL,
  who text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  ciq_version text NOT NULL,
  contract_version text NOT NULL
);

CREATE TABLE ciq.run_ends (
  run_id text PRIMARY KEY,
  ended_at timestamptz NOT NULL,
  result text NOT NULL,
  verdict text,
  source_version text,
  snapshot text,
  error text
);

CREATE TABLE ciq.gate_results (
  run_id text NOT NULL,
  dataset text NOT NULL,
  environment text NOT NULL,
  recorded_at timestamptz NOT NULL,
  who text NOT NULL,
  contract_version text NOT NULL,
  source_version text,
  snapshot text,
  gate text NOT NULL,
  value float8,
  comparison text NOT NULL,
  threshold float8,
  verdict text NOT NULL,
  subject text
);

CREATE TABLE ciq.ingests (
  run_id text NOT NULL,
  dataset text NOT NULL,
  recorded_at timestamptz NOT NULL,
  who text NOT NULL,
  contract_version text NOT NULL,
  source_version text,
  source_rows bigint,
  sources json,
  mends json,
  verdict text NOT NULL,
  error text
);

CREATE TABLE ciq.publications (
  dataset text NOT NULL,
  environment text,
  action text NOT NULL,
  relation text NOT NULL,
  physical text NOT NULL,
  published_at timestamptz NOT NULL,
  who text NOT NULL,
  contract_version text NOT NULL,
  source_version text NOT NULL,
  snapshot text NOT NULL,
  row_count bigint,
  checksum text,
  method text,
  seconds float8
);

CREATE TABLE ciq.queries (
  queried_at timestamptz NOT NULL,
  who text NOT NULL,
  fingerprint text NOT NULL,
  engine text NOT NULL,
  chosen text,
  rule text,
  fallback text,
  elapsed float8,
  row_count bigint,
  byte_count bigint,
  estimates json,
  error_class text
);

CREATE VIEW ciq.runs AS
SELECT
  s.run_id,
  s.dataset,
  s.environment,
  s.started_at,
  e.ended_at,
  CAST(EXTRACT(EPOCH FROM e.ended_at - s.started_at) AS float8) AS seconds,
  s.who,
  s.host,
  s.pid,
  s.ciq_version,
  s.contract_version,
  e.source_version,
  e.snapshot,
  COALESCE(e.result, 'unfinished') AS result,
  e.verdict,
  e.error
FROM ciq.run_starts AS s
LEFT JOIN ciq.run_ends AS e
  ON e.run_id = s.run_id;

COMMENT ON TABLE ciq.run_starts IS 'One row a run of one data set, written before it does anything';

COMMENT ON TABLE ciq.run_ends IS 'How a run ended: published, unchanged, refused, failed, or interrupted as a later run found';

COMMENT ON TABLE ciq.gate_results IS 'The gates of each run, refused ones too';

COMMENT ON TABLE ciq.ingests IS 'What each run read of the raw files';

COMMENT ON TABLE ciq.publications IS 'Each table that was loaded, and each promotion of a stable face; written in the transaction that did it';

COMMENT ON TABLE ciq.queries IS 'What the router ran; elapsed in seconds';
