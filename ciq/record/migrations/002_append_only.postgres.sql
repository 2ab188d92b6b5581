CREATE FUNCTION ciq.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ciq.% is append-only', TG_TABLE_NAME;
END
$$;

DO $$
DECLARE
  one text;
BEGIN
  FOREACH one IN ARRAY ARRAY['run_starts', 'run_ends', 'gate_results', 'ingests', 'publications', 'queries'] LOOP
    EXECUTE format(
      'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ciq.%I EXECUTE FUNCTION ciq.refuse_change()', one
    );
  END LOOP;
END
$$;
