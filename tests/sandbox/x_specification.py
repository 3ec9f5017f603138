"""X's own specification of its answers, as JSON Schema: what the sandbox says is held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tracker.domain.instants import from_iso

SCHEMAS = Path(__file__).parent / "x_schemas"

FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time", raises=ValueError)(lambda value: from_iso(value) is not None)


def complaints(dialect: str, endpoint: str, body: object) -> list[str]:
    """What is wrong with the body of an answer 200; an endpoint is a path as `/2/users/:id/tweets`."""
    document = _document(dialect)
    return _complaints(document, document["responses"][endpoint], body)


def problem_complaints(dialect: str, body: object) -> list[str]:
    """What is wrong with the body of a refusal."""
    return _complaints(_document(dialect), "Problem", body)


def _complaints(document: dict[str, Any], name: str, body: object) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def _document(dialect: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SCHEMAS / f"{dialect}.json").read_text())
    known = document["components"]["schemas"]
    for name, schema in known.items():
        known[name] = _json_schema(schema, set(known), closed=not name.endswith("Problem"))
    return document


def _json_schema(schema: Any, known: set[str], closed: bool) -> Any:
    """OpenAPI 3.0 as JSON Schema 2020-12.

    `closed` forbids properties that the specification does not name, else an answer in the other dialect would pass:
    hardly any property is required. A mapping of a discriminator may lead to schemas that the specification lacks.
    """
    if isinstance(schema, list):
        return [_json_schema(item, known, closed) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: _json_schema(value, known, closed) for key, value in schema.items() if key != "properties"}
    if "properties" in schema:
        converted["properties"] = {
            name: _json_schema(value, known, closed) for name, value in schema["properties"].items()
        }
        if closed:
            converted["additionalProperties"] = False
    if discriminator := converted.pop("discriminator", None):
        converted.pop("oneOf", None)
        name, mapping = discriminator["propertyName"], discriminator["mapping"]
        converted["required"] = sorted({name, *converted.get("required", ())})
        converted.setdefault("properties", {})[name] = {"enum": list(mapping)}
        converted["allOf"] = [
            {"if": {"properties": {name: {"const": value}}}, "then": {"$ref": target}}
            for value, target in mapping.items()
            if target.rpartition("/")[2] in known
        ]
    if converted.pop("nullable", False):
        return {"anyOf": [converted, {"type": "null"}]}
    return converted
