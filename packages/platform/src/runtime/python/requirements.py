"""Says which lines of a requirements file this interpreter does not satisfy, as a list in JSON."""

import json
import re
import sys
from importlib import metadata


def parser():
    """The interpreter's own reader of requirements, where it has one."""
    for module in ("packaging.requirements", "pip._vendor.packaging.requirements"):
        try:
            return __import__(module, fromlist=["Requirement"]).Requirement
        except ImportError:
            continue
    return None


def installed(name):
    # The small distribution of mlflow answers for the whole one: it has all that loads a model.
    for known in (name, "mlflow-skinny") if name == "mlflow" else (name,):
        try:
            return metadata.version(known)
        except metadata.PackageNotFoundError:
            continue
    return None


def problem(line, requirement):
    if requirement is None:
        exact = re.fullmatch(r"([A-Za-z0-9._-]+)(?:==([^\s;]+))?", line)
        if exact is None:
            return f"{line}: only NAME==VERSION can be checked without the package packaging"
        name, wanted = exact.groups()
        found = installed(name)
        if found is None:
            return f"{line}: not installed"
        return None if wanted in (None, found) else f"{line}: {found} is installed"
    try:
        parsed = requirement(line)
    except Exception:
        return f"{line}: not a package by name"
    if parsed.marker is not None and not parsed.marker.evaluate({"extra": ""}):
        return None
    if parsed.url is not None:
        return f"{line}: not a package by name"
    found = installed(parsed.name)
    if found is None:
        return f"{line}: not installed"
    return None if parsed.specifier.contains(found, prereleases=True) else f"{line}: {found} is installed"


def main():
    requirement = parser()
    lines = [re.sub(r"(^|\s)#.*$", "", line).strip() for line in sys.stdin.read().splitlines()]
    problems = [problem(line, requirement) for line in lines if line]
    version = ".".join(map(str, sys.version_info[:3]))
    print(json.dumps({"version": version, "problems": [each for each in problems if each]}))


if __name__ == "__main__":
    main()
