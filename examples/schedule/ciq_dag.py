"""ciq in Airflow 3: one task a data set, so that a refusal marks that task alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = "/srv/ciq"
DATASETS = ("customers", "nhefs")

with DAG(
    dag_id="ciq",
    schedule="10 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    # The warehouse has one writer.
    max_active_tasks=1,
    default_args={"retries": 0, "execution_timeout": timedelta(hours=1)},
) as dag:
    for dataset in DATASETS:
        # Exit code 1 is a refusal: trying again would refuse again.
        BashOperator(task_id=dataset, cwd=PROJECT, bash_command=f".venv/bin/ciq --quiet run {dataset}")
