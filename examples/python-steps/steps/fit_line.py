"""Fits a line to points. A step in Python: reads the contract that KAIZEN_STEP names, writes the result."""

import csv
import json
import os
import statistics


def fit(points):
    """Slope and intercept of the least squares line, and the residuals of the points."""
    line = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    return line.slope, line.intercept, [y - line.slope * x - line.intercept for x, y in points]


def without_outliers(points, residuals):
    """The points whose residual is within three typical ones."""
    typical = statistics.median(abs(residual) for residual in residuals)
    return [point for point, residual in zip(points, residuals) if abs(residual) <= 3 * typical]


def main():
    with open(os.environ["KAIZEN_STEP"], encoding="utf-8") as file:
        contract = json.load(file)
    inputs = contract["inputs"]
    with open(inputs["points"]["path"], encoding="utf-8", newline="") as file:
        points = [(float(row["force"]), float(row["length"])) for row in csv.DictReader(file)]

    slope, intercept, residuals = fit(points)
    used = points
    if inputs["robust"]["value"]:
        used = without_outliers(points, residuals)
        slope, intercept, _ = fit(used)
        residuals = [y - slope * x - intercept for x, y in points]
    print(f"fitted {len(used)} of {len(points)} points: slope {slope:.4f}")

    result = {
        "outputs": {"slope": slope, "intercept": intercept, "residuals": residuals},
        "metrics": {"points": len(used)},
    }
    with open(contract["resultPath"], "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
