package show

import "unicode/utf8"

// Cut shortens a line made by this package to width columns, the last one
// an ellipsis. Colours in it are ended.
func Cut(line []byte, width int) []byte {
	if width < 1 || Width(line) <= width {
		return line
	}
	n, escape, coloured := 0, false, false
	for i, c := range line {
		switch {
		case c == 0x1b:
			escape, coloured = true, true
		case escape:
			escape = c != 'm'
		case utf8.RuneStart(c):
			if n++; n == width {
				line = append(line[:i:i], "…"...)
				if coloured {
					line = append(line, Plain...)
				}
				return line
			}
		}
	}
	return line
}
