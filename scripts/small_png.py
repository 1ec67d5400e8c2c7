"""PNG files with a palette: screenshots of flat pages lose nothing that one sees, and weigh a third."""

import struct
import zlib

COLOURS = 256


def shrink(png):
    """Return *png* (8-bit RGB or RGBA, not interlaced) with a palette, or as it is if that is smaller."""
    width, height, channels, rows = read(png)
    pixels = [tuple(row[at : at + 3]) for row in rows for at in range(0, width * channels, channels)]
    palette, chosen = quantise(pixels)
    lines = b"".join(b"\0" + bytes(chosen[y * width : (y + 1) * width]) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in palette)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    small = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)
    return min(small, png, key=len)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def read(png):
    """Return width, height, channels and the unfiltered rows."""
    at, data, head = 8, b"", None
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        head = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, channels = head[0], head[1], {2: 3, 6: 4}[head[3]]
    raw, size, above, rows = zlib.decompress(data), width * channels, bytes(width * channels), []
    for y in range(height):
        line = raw[y * (size + 1) : (y + 1) * (size + 1)]
        above = unfilter(line[0], bytearray(line[1:]), above, channels)
        rows.append(above)
    return width, height, channels, rows


def unfilter(kind, line, above, step):
    for at in range(len(line)) if kind else ():
        left, up = line[at - step] if at >= step else 0, above[at]
        if kind == 4:
            near = paeth(left, up, above[at - step] if at >= step else 0)
        else:
            near = (0, left, up, (left + up) // 2)[kind]
        line[at] = (line[at] + near) & 255
    return bytes(line)


def paeth(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


def quantise(pixels):
    """Return a palette and each pixel's place in it: no colour is further from its own than it has to be."""
    counts = {}
    for pixel in pixels:
        counts[pixel] = counts.get(pixel, 0) + 1
    common = sorted(counts, key=counts.get, reverse=True)
    reach, palette = 0, common
    while len(palette) > COLOURS:
        reach += 1 + reach // 3
        palette = covering(common, reach)
    nearest = {colour: min(range(len(palette)), key=lambda at: distance(palette[at], colour)) for colour in common}
    return palette, [nearest[pixel] for pixel in pixels]


def covering(common, reach):
    """Return so many of the *common* colours that none is further than *reach* from one of them; give up early."""
    palette = []
    for colour in common:
        if all(distance(colour, one) > reach for one in palette):
            palette.append(colour)
        if len(palette) > COLOURS:
            break
    return palette


def distance(one, other):
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2
