//go:build linux

package matrix

import (
	"bufio"
	"fmt"
	"io"
)

// cpioWriter writes the "newc" form, which the kernel unpacks as initramfs.
// Not compressed: under emulation unpacking costs more than copying.
type cpioWriter struct {
	w   *bufio.Writer
	n   int64
	ino int
	err error
}

const (
	modeDir  = 0o040000
	modeFile = 0o100000
	modeLink = 0o120000
	modeChar = 0o020000
)

func newCPIO(w io.Writer) *cpioWriter { return &cpioWriter{w: bufio.NewWriterSize(w, 1<<20)} }

func (c *cpioWriter) dir(name string)          { c.entry(name, modeDir|0o755, 0, 0, nil) }
func (c *cpioWriter) link(name, target string) { c.entry(name, modeLink|0o777, 0, 0, []byte(target)) }
func (c *cpioWriter) char(name string, major, minor int) {
	c.entry(name, modeChar|0o600, major, minor, nil)
}
func (c *cpioWriter) file(name string, perm uint32, data []byte) {
	c.entry(name, modeFile|perm&0o7777, 0, 0, data)
}

func (c *cpioWriter) entry(name string, mode uint32, major, minor int, data []byte) {
	c.ino++
	links := 1
	c.printf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		c.ino, mode, 0, 0, links, 0, len(data), 0, 0, major, minor, len(name)+1, 0)
	c.write([]byte(name))
	c.write([]byte{0})
	c.pad()
	c.write(data)
	c.pad()
}

func (c *cpioWriter) close() error {
	c.ino = -1
	c.entry("TRAILER!!!", 0, 0, 0, nil)
	if c.err == nil {
		c.err = c.w.Flush()
	}
	return c.err
}

func (c *cpioWriter) printf(format string, args ...any) { c.write(fmt.Appendf(nil, format, args...)) }

func (c *cpioWriter) pad() {
	if r := c.n % 4; r != 0 {
		c.write(make([]byte, 4-r))
	}
}

func (c *cpioWriter) write(p []byte) {
	if c.err != nil {
		return
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.err = err
}
