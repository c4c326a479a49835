package analyze

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// text says a value in words by its kind. exact is false when the bytes
// cannot be had back from the text: the reader needs them in hex then.
func text(k format.Kind, b []byte) (s string, exact bool) {
	switch k {
	case format.KindPath, format.KindArgv, format.KindEnv, format.KindString, format.KindText, format.KindBytes, format.KindComm, format.KindNone:
		return string(b), utf8.Valid(b)
	}
	return show.Text(k, b), false
}

// bare is a name that is mostly harmless: quoted only where it needs to be.
func bare(s string) string {
	q := show.Quote([]byte(s))
	if q[1:len(q)-1] == s && s != "" && !strings.Contains(s, " ") {
		return s
	}
	return q
}

// safe is text for JSON. Besides what JSON demands, everything that is not
// printable is escaped, so that a report can be shown on a terminal as it is.
type safe string

// MarshalJSON keeps the text exact: a reader gets back what went in, but for
// bytes that are no UTF-8, which are spelled \xNN (and given in hex beside it).
func (s safe) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i, r := range string(s) {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == utf8.RuneError && !strings.HasPrefix(string(s)[i:], "\uFFFD"):
			out = append(out, `\\x`...)
			out = hex.AppendEncode(out, []byte{s[i]})
		case r >= ' ' && r < 0x7f || r >= 0x80 && show.Visible(r):
			out = utf8.AppendRune(out, r)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return append(out, '"'), nil
}
