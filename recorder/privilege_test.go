//go:build linux

package recorder

import (
	"path/filepath"
	"testing"
)

// TestUserIsLookedUpFirst asks that a name that is none is refused before an
// existing file is replaced and the command runs.
func TestUserIsLookedUpFirst(t *testing.T) {
	opt := Options{Output: filepath.Join(t.TempDir(), "x.trc"), Force: true}
	opt.Privileges.User = "nobody-is-this"
	if err := opt.checkFiles(); err == nil || err.Error() != "--user nobody-is-this: no such user" {
		t.Errorf("%v", err)
	}
}
