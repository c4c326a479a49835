package format

import "fmt"

// CorruptError is damage that was met in a file: a hole, in which there may
// have been rows. What follows the hole can still be read.
type CorruptError struct {
	Path   string // as given to Open; "" for a reader without a name
	Offset int64  // where the damage begins, or the block that contains it
	Size   int64  // length of the hole in bytes, 0 when bytes are missing rather than damaged
	What   string
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("%scorrupt at offset %d: %s", pathPrefix(e.Path), e.Offset, e.What)
	if e.Size > 0 {
		unit := "bytes"
		if e.Size == 1 {
			unit = "byte"
		}
		s += fmt.Sprintf(" (%d %s skipped)", e.Size, unit)
	}
	return s
}

// CutError says that a file was not closed: its recorder is still writing, or
// ended without a chance to. Every complete block before Offset is readable.
type CutError struct {
	Path   string
	Offset int64 // where the last complete part ends
	Size   int64 // bytes after Offset, of a part that is not complete
	What   string
}

func (e *CutError) Error() string {
	return fmt.Sprintf("%sstill being written or cut off at offset %d: %s", pathPrefix(e.Path), e.Offset, e.What)
}

// VersionError says that a file needs a newer tracerec.
type VersionError struct {
	Path    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%sformat version %d is newer than the %d that this tracerec reads: use a newer tracerec",
		pathPrefix(e.Path), e.Version, Version)
}

// LimitError says that a batch or header is too large for a file.
type LimitError struct {
	What       string
	Got, Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d, at most %d: write smaller batches", e.What, e.Got, e.Limit)
}

func pathPrefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// State is what a reader met at the end of a file.
type State uint8

const (
	Sealed   State = iota // closed properly: index, totals and final hash are there
	Unsealed              // still being written, or cut off: complete blocks are readable
	Corrupt               // damaged: intact blocks are readable
)

func (s State) String() string {
	return [...]string{"sealed", "still being written or cut off", "corrupt"}[s]
}

// CutBlock is what a file lacks that ends inside a block.
const CutBlock = "the last block is not complete"
