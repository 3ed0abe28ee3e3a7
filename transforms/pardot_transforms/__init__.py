"""Reporting tables from the raw tables of Account Engagement (Pardot): plain SQL models and a small runner.

Knows tables, not the API: it needs a DuckDB connection and nothing else of this project.
"""

from pardot_transforms.dictionary import Metric, dictionary
from pardot_transforms.errors import DataTestError, ModelError, ProjectError, TransformError
from pardot_transforms.project import load_project, models_path
from pardot_transforms.result import BuildResult, DataTestResult, ModelResult
from pardot_transforms.runner import build

__all__ = [
    "BuildResult",
    "DataTestError",
    "DataTestResult",
    "Metric",
    "ModelError",
    "ModelResult",
    "ProjectError",
    "TransformError",
    "build",
    "dictionary",
    "load_project",
    "models_path",
]
