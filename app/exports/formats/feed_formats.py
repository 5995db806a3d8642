"""The feed formats, in the order in which answers name them. This is the only list of them."""

from app.exports.formats import atom, jsonfeed

FEED_FORMATS = {one.suffix: one for one in (atom.FORMAT, jsonfeed.FORMAT)}
