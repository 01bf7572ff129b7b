"""What was asked or handed in cannot be used."""

from foundation.errors.base import EXIT_USAGE, RekindleError


class InputError(RekindleError):
    """What was asked or handed in cannot be used as it is."""

    code, http_status, exit_code = "bad-input", 422, EXIT_USAGE
    default_remedy = "Correct the request and send it again."


class BadQuery(InputError):
    """A search query that holds nothing to search for, or too much."""

    code = "bad-query"
    default_remedy = "Give a few words that describe what you look for, at most 2,000 characters."


class BadFilter(InputError):
    """A filter that does not exist, or a value it cannot take."""

    code = "bad-filter"
    default_remedy = "See `rekindle search --help` for the filters and their values."


class BadExample(InputError):
    """An example that a search cannot be steered by."""

    code = "bad-example"
    default_remedy = "Give an asset's id and a moment inside it, or a picture, and say what is wanted."


class BadCursor(InputError):
    """A page cursor this server did not issue, or that belongs to another query."""

    code = "bad-cursor"
    default_remedy = "Start again without a cursor."


class BadTimecode(InputError):
    """A label that is not SMPTE timecode, or names a frame that drop-frame counting skips."""

    code = "bad-timecode"
    default_remedy = "Write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame."


class BadRange(InputError):
    """A range that is empty, reversed or outside the asset."""

    code = "bad-range"
    default_remedy = "Give a start before the end, both inside the asset."


class BadTimeline(InputError):
    """A timeline of an editing program that cannot be read."""

    code = "bad-timeline"
    default_remedy = "Hand in a CMX 3600 EDL or an OpenTimelineIO file (.otio), as UTF-8 text."


class TimelineUnsupported(InputError):
    """Moments that a timeline format cannot carry."""

    code = "timeline-unsupported"
    default_remedy = "Export another format: OTIO carries everything."


class RangeUnavailable(InputError):
    """A part of a master that cannot be had without the whole."""

    code, http_status = "range-unavailable", 409
    default_remedy = "Bring the whole master in: `rekindle restore quote`, or copy it from its location."


class BadSettings(InputError):
    """A setting that cannot be read or has an impossible value."""

    code = "bad-settings"
    default_remedy = "See docs/reference/settings.md for the setting and its values."


class BadRules(InputError):
    """Lifecycle rules that cannot be read; the message names file and line of every fault."""

    code = "bad-rules"
    default_remedy = "See docs/reference/tiering-rules.md for what a rule may say."


class BadKnownItems(InputError):
    """A set of judged queries that cannot be read."""

    code = "bad-known-items"
    default_remedy = "See `rekindle eval --help` for what a set of known items looks like."


class UntrustedRequest(InputError):
    """A request from a web page, or for a host name, that this API does not serve."""

    code, http_status = "untrusted-request", 403
    default_remedy = "Use the address that `rekindle up` printed."


class UnknownToken(InputError):
    """A bearer token that belongs to nobody."""

    code, http_status = "unknown-token", 401
    default_remedy = "Set REKINDLE_ACCESS__TOKEN to the token that the administrator gave you."


class NotAllowed(InputError):
    """Something that this principal may not do."""

    code, http_status = "not-allowed", 403
    default_remedy = "Ask somebody who may: REKINDLE_TIERING__APPROVERS names the approvers."


class BodyTooLarge(InputError):
    """A request body of more bytes than any request needs, or of unknown length."""

    code, http_status = "body-too-large", 413
    default_remedy = "Send less at once, with a Content-Length."


class MediaError(InputError):
    """A file that is not what it should be."""

    code = "bad-media"
    default_remedy = "Check the file with a player; replace it and run `rekindle index` again."


class EmptyFile(MediaError):
    """The file has no bytes."""

    code = "empty-file"
    default_remedy = "Copy the file again; an interrupted copy leaves an empty file."


class NotMedia(MediaError):
    """The bytes are not those of any media format Rekindle reads."""

    code = "not-media"
    default_remedy = "Remove the file from the location, or give it its right extension."


class UnsupportedMedia(MediaError):
    """A real media file in a format or codec that is switched off or unknown."""

    code = "unsupported-media"
    default_remedy = "Convert it to MP4, MOV, MXF, Matroska, MPEG-TS or AVI."


class CorruptMedia(MediaError):
    """The container opens, but its packets do not decode."""

    code = "corrupt-media"
    default_remedy = "Restore the file from another copy; this one lost data."


class TruncatedMedia(MediaError):
    """The file ends before the essence it announces."""

    code = "truncated-media"
    default_remedy = "Copy the file again from its source; the end is missing."


class ForbiddenReference(MediaError):
    """A playlist or reference file that points at other files or addresses."""

    code = "forbidden-reference"
    default_remedy = "Index the files it names instead; playlists are never followed."


class TooLarge(MediaError):
    """More pixels, streams or bytes than the limits allow."""

    code = "too-large"
    default_remedy = "Raise REKINDLE_MEDIA__MAX_PIXELS if the file is to be trusted."


class NoEssence(MediaError):
    """A container without picture or sound."""

    code = "no-essence"
    default_remedy = "Nothing can be shown or heard from it; remove it or replace it."


class BadCaptions(MediaError):
    """A caption file that cannot be parsed."""

    code = "bad-captions"
    default_remedy = "Fix the sidecar (SRT, WebVTT or TTML, UTF-8) and run `rekindle index` again."


class BadSidecar(MediaError):
    """A metadata file beside a master that cannot be read."""

    code = "bad-sidecar"
    default_remedy = "Fix the sidecar (JSON object or XMP) and run `rekindle index` again."


class FrameCountMismatch(MediaError):
    """The proxy does not match its master frame for frame."""

    code = "frame-count-mismatch"
    default_remedy = "The master is probably damaged; compare it with another copy."
