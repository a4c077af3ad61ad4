"""Which market is meant: spellings that people and publishers use."""

from __future__ import annotations

import pytest

from beachhead.data import load_panel
from beachhead.data.names import fold, read_names
from beachhead.errors import InputError

NAMES = read_names()
SPELLINGS = {
    "ARE": "UAE|U.A.E.|United Arab Emirates|Emirates",
    "ATG": "Antigua & Barbuda|Antigua",
    "BHS": "Bahamas, The|The Bahamas|Bahamas",
    "BIH": "Bosnia & Herzegovina|Bosnia-Herzegovina|Bosnia",
    "BOL": "Bolivia (Plurinational State of)|Bolivia, Plurinational State of|bolivia",
    "BRN": "Brunei Darussalam|Brunei",
    "CHN": "PRC|P.R. China|China, mainland|Mainland China|People's Republic of China",
    "CIV": "Cote d'Ivoire|Côte d’Ivoire|Cote d`Ivoire|Cote d´Ivoire|Cote dIvoire|COTE D IVOIRE|"
    "Ivory Coast",
    "COD": "DRC|Congo, Dem. Rep.|Democratic Republic of the Congo|Congo (Kinshasa)|Congo-Kinshasa|"
    "Congo, Democratic Republic of the|D.R. Congo|Dem. Rep. Congo|Zaire|"
    "Congo, The Democratic Republic of the",
    "COG": "Congo|Congo, Rep.|Republic of the Congo|Congo (Brazzaville)|Congo, Republic of",
    "CPV": "Cape Verde|Cabo Verde| Cabo  Verde ",
    "CUW": "Curacao|Curaçao",
    "CZE": "Czechia|Czech Republic|Czech Rep.",
    "DEU": "Germany|Deutschland|de|deu",
    "DOM": "Dominican Republic|Dominican Rep.",
    "EGY": "Egypt, Arab Rep.|Arab Republic of Egypt",
    "ESP": "España|Espana",
    "FRO": "Faroe Islands|Faeroe Islands",
    "FSM": "Micronesia, Fed. Sts.|Micronesia (Federated States of)",
    "GBR": "UK|U.K.|Great Britain|United Kingdom of Great Britain and Northern Ireland",
    "GIN": "Guinea",
    "GMB": "Gambia, The|The Gambia|Gambia",
    "GNB": "Guinea-Bissau|Guinea Bissau",
    "HKG": "Hong Kong|Hong Kong SAR|Hong Kong SAR, China|China, Hong Kong SAR|Hongkong|"
    "Hong Kong, China",
    "IRN": "Iran, Islamic Rep.|Iran (Islamic Republic of)|Iran, Islamic Republic of",
    "KGZ": "Kyrgyz Republic|Kyrgyzstan",
    "KNA": "St. Kitts and Nevis|St Kitts & Nevis|Saint Kitts and Nevis",
    "KOR": "South Korea|Korea|Korea, Rep.|Korea (Rep.)|Korea, South|Korea, Republic of|S. Korea|"
    "Republic of Korea",
    "LAO": "Lao PDR|Laos|Lao People's Democratic Republic",
    "LCA": "St. Lucia|St Lucia|Saint Lucia",
    "MAC": "Macau|Macao SAR, China|China, Macao SAR|Macao",
    "MAF": "St. Martin (French part)|Saint Martin",
    "MDA": "Moldova, Republic of|Republic of Moldova|Moldova",
    "MKD": "Macedonia|North Macedonia|Macedonia, FYR|FYROM|"
    "The former Yugoslav Republic of Macedonia",
    "MMR": "Burma|Myanmar|Myanmar (Burma)",
    "NAM": "NA|na|NAM|Namibia",
    "NER": "Niger|NE",
    "NGA": "Nigeria|NG",
    "NLD": "The Netherlands|Netherlands (Kingdom of the)|Holland|Netherlands",
    "NOR": "NO|Norway",
    "PRK": "North Korea|Korea, Dem. People's Rep.|DPRK|Korea, North|"
    "Korea (Democratic People's Republic of)",
    "PSE": "West Bank and Gaza|State of Palestine|Palestine, State of|Palestinian Territories",
    "PYF": "French Polynesia",
    "ROU": "Romania|Rumania",
    "RUS": "Russia|Russian Federation|RUSSIA",
    "SDN": "Sudan",
    "SSD": "South Sudan|S. Sudan",
    "STP": "Sao Tome and Principe|São Tomé & Príncipe",
    "SVK": "Slovak Republic|Slovakia",
    "SWZ": "Swaziland|Eswatini",
    "SXM": "Sint Maarten (Dutch part)|St. Maarten",
    "SYR": "Syrian Arab Republic|Syria",
    "TLS": "Timor-Leste|East Timor|Timor Leste",
    "TTO": "Trinidad & Tobago|Trinidad",
    "TUR": "Türkiye|Turkey|Turkiye|TÜRKİYE|Turkey (Türkiye)",
    "TWN": "Taiwan|Taiwan (China)|Taiwan, China|Chinese Taipei|Taiwan, Province of China|"
    "Taiwan (Province of China)|R.O.C.|Republic of China",
    "TZA": "Tanzania|United Republic of Tanzania|Tanzania, United Republic of",
    "USA": "USA|U.S.A.|US|U.S.|United States|United States of America|America",
    "VCT": "St. Vincent and the Grenadines|Saint Vincent & the Grenadines",
    "VEN": "Venezuela, RB|Venezuela (Bolivarian Republic of)|Venezuela",
    "VGB": "British Virgin Islands|Virgin Islands (British)",
    "VIR": "Virgin Islands (U.S.)|US Virgin Islands|U.S. Virgin Islands",
    "VNM": "Viet Nam|Vietnam|Viet-Nam",
    "WSM": "Samoa|Western Samoa",
    "XKX": "Kosovo|XK|XKV",
    "YEM": "Yemen, Rep.|Republic of Yemen|Yemen",
}
PAIRS = [(text, iso3) for iso3, texts in SPELLINGS.items() for text in texts.split("|")]


def test_enough_spellings_are_tried():
    assert len(PAIRS) >= 150


@pytest.mark.parametrize(("text", "iso3"), PAIRS)
def test_find(text, iso3):
    assert NAMES.find(text) == iso3


def test_the_panel_knows_the_same_names():
    panel = load_panel()
    assert [panel.find(text) for text, _ in PAIRS] == [iso3 for _, iso3 in PAIRS]
    assert [NAMES.find(panel.name(iso3)) for iso3 in panel.codes] == list(panel.codes)


def test_no_two_markets_share_a_spelling():
    seen: dict[str, str] = {}
    columns = ("iso3", "iso2", "name", "spellings")
    for iso3, iso2, name, spellings in load_panel().markets.select(columns).iter_rows():
        for known in {fold(spelling) for spelling in (iso3, iso2, name, *spellings)}:
            assert seen.setdefault(known, iso3) == iso3, known


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Indai", "'India'"),
        ("Chechia", "'Czechia'"),
        ("Ivory Cost", "'Côte d'Ivoire'"),
        ("Hollland", "'Netherlands'"),
        ("Untied States", "'United States'"),
    ],
)
def test_near_names_are_suggested_also_by_another_spelling(text, meant):
    with pytest.raises(InputError) as caught:
        NAMES.find(text)
    assert meant.strip("'") in str(caught.value)


@pytest.mark.parametrize("text", ["", "the", "?", "日本", "Atlantis", "x" * 10_000])
def test_what_names_no_market(text):
    with pytest.raises(InputError, match="no market") as caught:
        NAMES.find(text)
    assert len(str(caught.value)) < 200
