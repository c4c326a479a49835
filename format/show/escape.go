package show

import (
	"errors"
	"strconv"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Escape returns b as text that is safe on a terminal. Backslashes are
// doubled, so that Unescape gives b again.
func Escape(b []byte) string { return string(AppendEscape(nil, b)) }

// AppendEscape appends Escape(b).
func AppendEscape(dst, b []byte) []byte { return appendEscaped(dst, b, 0) }

// Quote returns b in double quotes, escaped.
func Quote(b []byte) string { return string(AppendQuote(nil, b)) }

// AppendQuote appends Quote(b).
func AppendQuote(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, b, '"')
	return append(dst, '"')
}

// appendEscaped escapes b, and quote too unless it is 0.
func appendEscaped(dst, b []byte, quote byte) []byte {
	start := 0 // of the run of bytes that need nothing
	for i := 0; i < len(b); {
		c := b[i]
		if c >= ' ' && c < 0x7f && c != '\\' && (c != quote || quote == 0) {
			i++
			continue
		}
		size := 1
		r := rune(c)
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(b[i:])
			if size > 1 && Visible(r) {
				i += size
				continue
			}
		}
		dst = append(dst, b[start:i]...)
		if c >= utf8.RuneSelf && size > 1 {
			dst = appendRuneEscape(dst, r)
		} else {
			dst = appendByteEscape(dst, c)
		}
		i += size
		start = i
	}
	return append(dst, b[start:]...)
}

func appendByteEscape(dst []byte, c byte) []byte {
	switch c {
	case '\n':
		return append(dst, `\n`...)
	case '\t':
		return append(dst, `\t`...)
	case '\r':
		return append(dst, `\r`...)
	case '\\', '"', '\'':
		return append(dst, '\\', c)
	}
	return append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
}

func appendRuneEscape(dst []byte, r rune) []byte {
	width, letter := 4, byte('u')
	if r > 0xffff {
		width, letter = 8, 'U'
	}
	dst = append(dst, '\\', letter)
	for shift := (width - 1) * 4; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&15])
	}
	return dst
}

// Visible says whether a non-ASCII character shows as a mark of its own and
// leaves the order of the text alone. Controls, bidi overrides, zero-width
// and private characters are not; nor are fillers and variation selectors,
// which Unicode counts as letters and marks.
func Visible(r rune) bool {
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x2800,
		r == 0x3164, r == 0xffa0, r >= 0x180b && r <= 0x180f,
		r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff:
		return false
	}
	return unicode.IsPrint(r)
}

var errEscape = errors.New("show: bad escape")

// Unescape undoes Escape, and Quote without its quotes.
func Unescape(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) {
			return nil, errEscape
		}
		digits := 0
		switch s[i] {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case '\\', '"', '\'':
			out = append(out, s[i])
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		default:
			return nil, errEscape
		}
		if digits == 0 {
			continue
		}
		if i+digits >= len(s) {
			return nil, errEscape
		}
		v, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32)
		if err != nil {
			return nil, errEscape
		}
		if digits == 2 {
			out = append(out, byte(v))
		} else {
			out = utf8.AppendRune(out, rune(v))
		}
		i += digits
	}
	return out, nil
}
