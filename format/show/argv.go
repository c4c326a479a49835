package show

import (
	"bytes"
	"unicode/utf8"
)

// Argv returns an argument vector, strings that each end in NUL, as a shell
// would take it.
func Argv(v []byte) string { return string(AppendArgv(nil, v)) }

// AppendArgv appends Argv(v). A last string without its NUL was cut off when
// it was recorded, and is followed by an ellipsis.
func AppendArgv(dst, v []byte) []byte {
	for first := true; len(v) > 0; first = false {
		if !first {
			dst = append(dst, ' ')
		}
		word, rest, whole := bytes.Cut(v, []byte{0})
		dst = AppendWord(dst, word)
		if !whole {
			dst = append(dst, "…"...)
		}
		v = rest
	}
	return dst
}

// AppendWord appends one shell word: bare, in '…', or in $'…' where it needs
// escapes.
func AppendWord(dst, word []byte) []byte {
	bare, plain := len(word) > 0, true
	for i := 0; i < len(word); {
		c := word[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || c == '\'' {
				plain = false
			}
			bare = bare && isBare(c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(word[i:])
		if size == 1 || !Visible(r) {
			plain = false
		}
		i += size
	}
	switch {
	case plain && bare:
		return append(dst, word...)
	case plain:
		dst = append(dst, '\'')
		dst = append(dst, word...)
		return append(dst, '\'')
	}
	dst = append(dst, "$'"...)
	dst = appendEscaped(dst, word, '\'')
	return append(dst, '\'')
}

// isBare says whether c needs no quotes in a shell.
func isBare(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return bytes.IndexByte([]byte("%+,-./:=@_^"), c) >= 0
}
