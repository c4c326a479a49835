//go:build linux

package matrix

import (
	"regexp"
	"strings"
)

// suite is a Debian suite that kernels are taken from.
type suite struct {
	name     string
	security bool // on the security mirror
}

// line is a kernel line and where its newest package is found.
type line struct {
	name  string
	suite suite
	re    *regexp.Regexp // package names of the line, before -cloud-ARCH; -unsigned and -dbg do not match
}

var (
	bullseyeSecurity = suite{"bullseye-security", true}
	bookworm         = suite{"bookworm", false}
	bookwormSecurity = suite{"bookworm-security", true}
	trixieBackports  = suite{"trixie-backports", false}
	suites           = []suite{bullseyeSecurity, bookworm, bookwormSecurity, trixieBackports}
	rest             = `[0-9][0-9.+a-z-]*$`
)

// A line may be in two suites (6.1 is also backported to bullseye): the name
// pattern says which build is meant. From 6.19 on the image itself is in
// linux-binary, and linux-image only depends on it.
var lines = []line{
	{"5.10", bullseyeSecurity, regexp.MustCompile(`^linux-image-5\.10\.0-[0-9]+$`)},
	{"6.1", bookworm, regexp.MustCompile(`^linux-image-6\.1\.0-[0-9]+$`)},
	{"6.12", bookwormSecurity, regexp.MustCompile(`^linux-image-6\.12\.[0-9]+\+deb12$`)},
	{"6.18", trixieBackports, regexp.MustCompile(`^linux-image-6\.18\.` + rest)},
	{"7.3", trixieBackports, regexp.MustCompile(`^linux-binary-7\.3\.` + rest)},
}

// matches says whether a package has the line's kernel for an architecture.
func (l line) matches(pkg, arch string) bool {
	name, ok := strings.CutSuffix(pkg, "-cloud-"+arch)
	return ok && l.re.MatchString(name)
}

// Lines are the kernel lines of the matrix, oldest first.
func Lines() []string {
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i] = l.name
	}
	return names
}

func findLine(name string) (line, bool) {
	for _, l := range lines {
		if l.name == name {
			return l, true
		}
	}
	return line{}, false
}
