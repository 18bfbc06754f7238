"""The colours of the page and of its figures, by what they stand for, in light and in dark.

The figures are drawn with the light ones; the page's script puts the dark ones in their place. So
no two roles may share a light colour. Chosen so that the pairs that meet in one figure differ
under the common kinds of colour blindness, words reach a contrast of 4.5 and marks one of 3
(WCAG 2.2, AA).
"""

LIGHT = {
    "paper": "#fdfcfa",
    "ink": "#1c1e21",
    "muted": "#5b6067",
    "rule": "#e5e2dc",
    "band": "#cdd3d9",
    "bias": "#8492a0",
    "variance": "#c2410c",
    "better": "#1b5e9e",
    "worse": "#a0185a",
    "tint": "#f3f0ea",
    "mistake": "#ea9367",
}
DARK = {
    "paper": "#15171a",
    "ink": "#eae7e1",
    "muted": "#a5a9af",
    "rule": "#2f3338",
    "band": "#454d57",
    "bias": "#74818e",
    "variance": "#f28a4a",
    "better": "#74b3f0",
    "worse": "#f07fb2",
    "tint": "#1d2024",
    "mistake": "#9a4f1b",
}
