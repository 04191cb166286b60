"""Audio in, whatever it is: re-openable media, facts without decoding, samples in constant memory, conversion.

`open_media` turns a source into `Media`; `pcm` decodes it for an engine; `convert` makes it fit what a vendor takes.
WAV and bare samples need nothing; everything else needs PyAV (`pip install "earwitness[media]"`), imported at the first
need.
"""

from ._converting import Target, conversion, convert, misfit
from ._pcm import PcmStream, pcm
from ._source import Media, open_media, probe

__all__ = ["Media", "PcmStream", "Target", "conversion", "convert", "misfit", "open_media", "pcm", "probe"]
