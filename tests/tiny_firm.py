"""The smallest case that plans at once: three neighbours of Austria, one of them demanded."""

CASE = """\
# Ours: every figure is made up.
name = "tiny"
title = "Three neighbours"
as_of = 2024-06-30
quarters = 8
currency = "EUR"
dollars = 1.07    # end of June

[firm]
name = "Tiny"
home = "AUT"
units = 400000
revenue = 20e6

[product]
category = "generic"
price = 45.0      # with tax
unit_cost = 22.0

[markets]
candidates = ["DEU", "CZE", "SVN"]

[modes]
allowed = ["online", "distributor"]
localisation = [0.0]

[limits]
teams = 2
capital = 4e6
must = ["DEU"]    # a partner waits
"""
