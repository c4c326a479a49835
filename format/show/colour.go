package show

// Colour is how text stands out on a terminal: an SGR sequence (ECMA-48).
type Colour string

// The few colours in use, in every verb.
const (
	Bold    Colour = "\x1b[1m"
	Dim     Colour = "\x1b[2m"
	Red     Colour = "\x1b[31m"
	BoldRed Colour = "\x1b[1;31m"
	Yellow  Colour = "\x1b[33m"
	Cyan    Colour = "\x1b[36m"

	Plain Colour = "\x1b[0m" // ends any other
)

// Paint is s in the colour, which ends with it.
func (c Colour) Paint(s string) string { return string(c) + s + string(Plain) }

func (o *Options) paint(dst []byte, c Colour) []byte {
	if o.Color {
		return append(dst, c...)
	}
	return dst
}
