"""The smallest case that plans at once: three neighbours of Austria, one of them demanded."""

CASE = """
name = "tiny"
title = "Three neighbours"
as_of = 2024-06-30
quarters = 8
currency = "EUR"
dollars = 1.07

[firm]
name = "Tiny"
home = "AUT"
units = 400000
revenue = 20e6

[product]
category = "generic"
price = 45.0
unit_cost = 22.0

[markets]
candidates = ["DEU", "CZE", "SVN"]

[modes]
allowed = ["online"]
localisation = [0.0]

[limits]
teams = 2
capital = 4e6
must = ["DEU"]
"""
