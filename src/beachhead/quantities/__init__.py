"""What a quantity is: every parameter of the model is declared with these types, once."""

from beachhead.quantities.parameter import Parameter, declared, mechanism, parameter
from beachhead.quantities.prior import (
    Beta,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    Sure,
    Uniform,
    WithZero,
)

__all__ = [
    "Beta",
    "HalfNormal",
    "LogNormal",
    "Normal",
    "Parameter",
    "Prior",
    "Sure",
    "Uniform",
    "WithZero",
    "declared",
    "mechanism",
    "parameter",
]
