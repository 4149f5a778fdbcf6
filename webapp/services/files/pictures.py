"""Pictures that people send, drawn anew: what is kept holds the picture and nothing that came with it."""

import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from webapp.domain.uploads import JPEG, MOST_PIXELS, PNG, WEBP, refused

_FORMATS: Final = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
_UNREADABLE: Final = "The picture cannot be read; save it anew as PNG or JPG and send that."

# Pillow warns where it sees a bomb. We look at the size ourselves, before anything is unpacked, and refuse less.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def redrawn(raw: bytes, content_type: str, *, longest_side: int) -> bytes:
    """The picture upright, of the same type, no side longer than that, without metadata; of several frames the first.

    Raises UploadError for a picture that is broken, or too large once unpacked.
    """
    try:
        with Image.open(BytesIO(raw), formats=[_FORMATS[content_type]]) as picture:
            # Known from the head alone: a small file may unpack to gigabytes.
            pixels = picture.width * picture.height
            if pixels <= MOST_PIXELS:
                return _encoded(_shrunk(picture, longest_side), content_type)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pixels = MOST_PIXELS + 1
    except MemoryError:
        raise
    except Exception as error:
        # A decoder that meets broken bytes raises whatever it likes: OSError, ValueError, SyntaxError, struct.error …
        raise refused(_UNREADABLE, code="file_unreadable") from error
    raise refused(
        f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller.",
        code="picture_too_large",
    )


def _shrunk(picture: Image.Image, longest_side: int) -> Image.Image:
    picture.draft(None, (longest_side, longest_side))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return upright


def _encoded(picture: Image.Image, content_type: str) -> bytes:
    has_alpha = content_type != JPEG and picture.has_transparency_data
    # A picture of its own: what Pillow carries along (EXIF, ICC, comments) stays behind.
    drawn = picture.convert("RGBA" if has_alpha else "RGB")
    drawn.info.clear()
    file = BytesIO()
    options = {JPEG: {"quality": 88}, WEBP: {"quality": 88}, PNG: {"compress_level": 6}}[content_type]
    drawn.save(file, _FORMATS[content_type], **options)
    return file.getvalue()
