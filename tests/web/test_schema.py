"""The API keeps what its description says, whatever it is sent."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.conftest import Served, desk

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
PATIENT = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    folder = tmp_path_factory.mktemp("described")
    served = Served(*desk(folder), home=folder, floor=0.0)
    served.app.state.counter.jobs.stop()
    yield served
    served.close()


@pytest.fixture(scope="module")
def paths(described):
    return schemathesis.openapi.from_dict(described.app.openapi())


def test_the_description_is_whole(described):
    document = described.app.openapi()
    assert all(path.startswith(("/api/v1/", "/health/")) for path in document["paths"])
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            assert said.get("description"), (method, path)
    served_document = described.as_().get("/openapi.json").json()
    assert served_document == document


def operations(paths):
    return [found.ok() for found in paths.get_all_operations()]


@pytest.mark.parametrize("name", [None, "agent", "engineer", "auditor"])
def test_every_call_answers_as_it_says(described, paths, name):
    def signed():
        return {} if name is None else {"authorization": f"Bearer {described.token(name)}"}

    kept, wrong = signed(), []
    for operation in operations(paths):
        @settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=PATIENT)
        def sent(case):
            ends = (case.method, case.operation.path) == ("DELETE", "/api/v1/session")
            answer = case.call(base_url=described.url, headers=signed() if ends else kept)
            case.validate_response(answer, checks=list(CHECKS))

        try:
            given(case=operation.as_strategy())(sent)()
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  all that went wrong is told at once
            wrong.append(f"{operation.method} {operation.path}: {str(error)[:600]}")
    assert wrong == []
