/** Where the package lies: `migrations/`, `templates/` and `config/` are read from here, built or not. */
import { fileURLToPath } from 'node:url';

/** Absolute path of the folder that holds package.json, with a trailing slash; works from src/ and dist/. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));
