package format

// Follower follows the rows of a recording, so that a file that goes on with it
// can begin with what is open and mounted by then. What it takes to know that is
// replay's; those who write files are given one.
type Follower interface {
	// Follow takes rows from to to-1 of b, which come behind those before. b has
	// all columns.
	Follow(b *Batch, from, to int) error
	// State appends the fd and mount rows of all that lives, and a state row that
	// closes them and says what of it is not known.
	State(b *Batch)
}
