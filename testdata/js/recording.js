// Where tracerec is, and the recording that is read: TRACEREC and TRACE, or
// what make build and the tree have.
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const tracerec = process.env.TRACEREC ?? here('../../bin/tracerec');
export const trace = process.env.TRACE ?? here('../traces/drill.trc');
