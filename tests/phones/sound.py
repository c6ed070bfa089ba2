# SPDX-License-Identifier: GPL-3.0-or-later
"""What was heard, in figures: how loud, how high, and which tones are in it."""

import cmath
import io
import math
import wave
from array import array

RATE = 8000  # a telephone's; what comes faster is thinned out to it


def spectrum(samples):
    """Fast Fourier transform of a power of two of numbers."""
    if len(samples) == 1:
        return samples
    even, odd = spectrum(samples[0::2]), spectrum(samples[1::2])
    turned = [cmath.exp(-2j * cmath.pi * k / len(samples)) * x for k, x in enumerate(odd)]
    return [a + b for a, b in zip(even, turned)] + [a - b for a, b in zip(even, turned)]


class Sound:
    """Samples between -1 and 1. A phone's tone has an RMS of about 0.35."""

    def __init__(self, pcm=b"", rate=RATE, channels=1):
        samples = array("h", pcm[: len(pcm) // 2 * 2])[::channels]
        self.seconds = len(samples) / rate
        self.samples = [x / 32768 for x in samples[:: max(1, rate // RATE)]]

    @classmethod
    def of_wave(cls, data):
        with wave.open(io.BytesIO(data)) as file:
            return cls(file.readframes(file.getnframes()), file.getframerate())

    @property
    def rms(self):
        return math.sqrt(sum(x * x for x in self.samples) / len(self.samples)) if self.samples else 0.0

    @property
    def silent(self):
        return self.rms < 0.005

    @property
    def pitch(self):
        """Frequency of the loudest tone in Hz, of the last half second; 0 for silence."""
        size = 1 << (min(4096, len(self.samples)).bit_length() - 1) if self.samples else 0
        if self.silent or size < 256:
            return 0.0
        faded = [x * (0.5 - 0.5 * math.cos(2 * math.pi * i / size)) for i, x in enumerate(self.samples[-size:])]
        power = [abs(x) for x in spectrum(faded)[: size // 2]]
        return max(range(1, size // 2), key=power.__getitem__) * RATE / size

    def level(self, frequency):
        """Amplitude of one tone (a phone's own: about 0.5), also when others are mixed with it."""
        turn = -2j * math.pi * frequency / RATE
        return abs(sum(x * cmath.exp(turn * i) for i, x in enumerate(self.samples))) * 2 / len(self.samples) if self.samples else 0.0

    def has(self, frequency):
        return self.level(frequency) > 0.05

    def __repr__(self):
        return f"<{self.seconds:.1f} s, RMS {self.rms:.3f}, loudest at {self.pitch:.0f} Hz>"
