package format

// A reader believes no length in a file beyond these, and a writer refuses to
// exceed them. They bound what a forged block can make a reader allocate.
const (
	MaxRows      = 1 << 18  // rows of a block
	MaxDictBytes = 64 << 20 // total length of the strings of a block
	MaxDictCount = 8 * MaxRows
	maxDictParts = MaxDictBytes + 5*MaxDictCount + 4*256 // a dictionary as it is stored
	MaxHeader    = 4 << 20                               // header JSON
	MaxTotals    = 1 << 20                               // totals JSON
	MaxBlocks    = 1 << 26                               // blocks of a file
)

// A writer should end a block at these sizes; see Batch.Full.
const (
	BlockRows      = 32 << 10
	BlockDictBytes = 8 << 20
)

// Full says whether b has reached the size of a block and should be written.
func (b *Batch) Full() bool { return b.N >= BlockRows || b.Dict.Size() >= BlockDictBytes }

// MaxMemory bounds what reading a file costs, hostile or not, beside the program itself and
// 3 % of the file for its index: see ReadOptions.Jobs.
const MaxMemory = 1 << 30
