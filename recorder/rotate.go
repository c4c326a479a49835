//go:build linux

package recorder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/itchyny/timefmt-go"

	"github.com/tracerec/tracerec/format/show"
)

// Rotation says when a file ends and the next begins, and when the recording
// does. The zero value: one file, until the end.
type Rotation struct {
	Size     int64         // bytes of a file
	Every    time.Duration // of a file
	Keep     int           // files that are kept: older ones are removed; 0 for all
	MaxFiles int           // the recording ends with the last of so many files
	MaxSize  int64         // bytes of all files, at which the recording ends
	Duration time.Duration // after which the recording ends
	After    string        // command run with each finished file as its argument
}

// minSize is the least that Rotation.Size may be: a file's first message and
// index, and a few blocks, have about 6 KB each without rows.
const minSize = 64 << 10

// rotates says whether more than one file is to be expected.
func (r *Rotation) rotates() bool { return r.Size > 0 || r.Every > 0 }

func (r *Rotation) check(output string) error {
	switch {
	case r.Size < 0 || r.Size > 0 && r.Size < minSize:
		return fmt.Errorf("files of %d bytes are too small: at least %d, for what each repeats", r.Size, minSize)
	case r.Every < 0 || r.Every > 0 && r.Every < time.Second:
		return fmt.Errorf("a new file every %s is too often: at least a second", show.Duration(int64(r.Every)))
	case r.Keep < 0 || r.MaxFiles < 0 || r.MaxSize < 0 || r.Duration < 0:
		return fmt.Errorf("a limit of files, size or time is less than 0")
	case (r.Keep > 0 || r.MaxFiles > 0) && !r.rotates():
		return fmt.Errorf("a limit of files needs -C or -G, which say when a file ends")
	case r.MaxSize > 0 && r.MaxSize < minSize:
		return fmt.Errorf("--max-size %d: at least %d bytes", r.MaxSize, minSize)
	case output == "-" && (r.rotates() || r.After != ""):
		return fmt.Errorf("standard output is one stream: files that follow each other need a name, by -o")
	}
	return nil
}

// fileNames makes the names of a recording's files in their directory.
type fileNames struct {
	base     string // without directory; % is for strftime, in UTC
	numbered bool   // file-000.trc
}

func (o *Operation) names(output string) fileNames {
	base := filepath.Base(output)
	return fileNames{base: base, numbered: (o.Rotation.rotates() || o.Flight.on()) && !strings.Contains(base, "%")}
}

// name is that of file number n, which begins now.
func (f fileNames) name(n int, now time.Time) string {
	switch {
	case strings.Contains(f.base, "%"):
		return timefmt.Format(now.UTC(), f.base)
	case f.numbered:
		return suffixed(f.base, fmt.Sprintf("%03d", n))
	}
	return f.base
}

// suffixed is name with a suffix before its extension.
func suffixed(name, suffix string) string {
	base, ok := strings.CutSuffix(name, ".trc")
	if !ok {
		return name + "-" + suffix
	}
	return base + "-" + suffix + ".trc"
}

// free is the name of file n, or if there is such a file already and it may
// not be replaced, the next name that is free.
func (f fileNames) free(dir *os.Root, n int, now time.Time, force bool) string {
	name := f.name(n, now)
	if name == f.base && n > 0 && !force {
		// Moved away by logrotate(8) and the like, the name is used again.
		if _, err := dir.Lstat(name); err == nil {
			name = suffixed(f.base, fmt.Sprintf("%03d", n))
		}
	}
	if force {
		return name
	}
	for i := 2; i < 1000; i++ {
		if _, err := dir.Lstat(name); err != nil {
			return name
		}
		name = suffixed(f.name(n, now), fmt.Sprint(i))
	}
	return name
}
