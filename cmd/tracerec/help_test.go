package main

import "testing"

func TestFit(t *testing.T) {
	const long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
	for text, want := range map[string]string{
		"":                          "",
		"short\nlines stay\n":       "short\nlines stay",
		long + "\nand more\n\nnext": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen\nfifteen and more\n\nnext",
		"is:\n  name     " + long:   "is:\n  name     one two three four five six seven eight nine ten eleven twelve\n           thirteen fourteen fifteen",
		"is:\n  cmd --flag 'a' 'b'": "is:\n  cmd --flag 'a' 'b'",
	} {
		if got := fit(text); got != want {
			t.Errorf("%q:\n%q, want\n%q", text, got, want)
		}
	}
}
