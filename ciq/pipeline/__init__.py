"""From files to a published data set or a refusal: ingest, plan, export."""
