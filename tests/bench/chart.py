# SPDX-License-Identifier: GPL-3.0-or-later
"""A bar chart with a logarithmic scale, as SVG."""

import math
from xml.sax.saxutils import escape

LEFT, WIDTH, HEIGHT = 330, 560, 22


def chart(bars):
    """`bars`: (label, seconds, whether it was extrapolated)."""
    low, high = 0.5, 10 ** math.ceil(math.log10(max(seconds for _label, seconds, _extrapolated in bars)))

    def x(seconds):
        return LEFT + WIDTH * math.log(max(seconds, low) / low) / math.log(high / low)

    bottom = 40 + HEIGHT * len(bars)
    parts = []
    for tick in (each * 10**power for power in range(6) for each in (1, 3) if low <= each * 10**power <= high):
        parts.append(f'<line x1="{x(tick):.0f}" y1="34" x2="{x(tick):.0f}" y2="{bottom}" stroke="#ddd"/>'
                     f'<text x="{x(tick):.0f}" y="26" text-anchor="middle">{tick} s</text>')
    for count, (label, seconds, extrapolated) in enumerate(bars):
        y = 40 + HEIGHT * count
        paint = 'fill="#fff" stroke="#b5651d" stroke-dasharray="4 2"' if extrapolated else f'fill="{"#b5651d" if "looped" in label else "#2f6f8f"}"'
        parts.append(f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(label)}</text>'
                     f'<rect x="{LEFT}" y="{y + 2}" width="{x(seconds) - LEFT:.0f}" height="{HEIGHT - 7}" {paint}/>'
                     f'<text x="{x(seconds) + 5:.0f}" y="{y + 13}">{seconds:,.1f} s</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 90} {bottom + 10}" font-family="sans-serif" font-size="11">'
            f'<title>Wall time of each run, logarithmic</title><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n')
