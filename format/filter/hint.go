package filter

import "regexp"

// hints are mistakes that are made often, by what expr says about them, and
// what to write instead.
var hints = []struct {
	said *regexp.Regexp
	hint string
}{
	{regexp.MustCompile(`^unexpected token Operator\("="\)`), "equality is =="},
	{regexp.MustCompile(`^unexpected token Identifier\("(?i:startswith|starts_with)"\)`), "the operator is startsWith"},
	{regexp.MustCompile(`^unexpected token Identifier\("(?i:endswith|ends_with)"\)`), "the operator is endsWith"},
	{regexp.MustCompile(`^unexpected token Identifier\("(?i:like|regex|regexp|match)"\)`), "the operator is matches"},
	{regexp.MustCompile(`contains \(mismatched types \[\]string and string\)`), `a list has no text: "x" in LIST, or any(LIST, # contains "x")`},
	{regexp.MustCompile(`\(mismatched types string and int\)`), `text stands in quotes: "ENOENT"`},
	{regexp.MustCompile(`\(mismatched types int and string\)`), "a number stands without quotes"},
	{regexp.MustCompile(`^expected bool, but got`), "it must be true or false, as pid == 1"},
}

// Hint is what to write instead of what an expression's error is about, in
// parentheses behind a space; empty where nothing is known.
func Hint(said string) string {
	for _, h := range hints {
		if h.said.MatchString(said) {
			return " (" + h.hint + ")"
		}
	}
	return ""
}
