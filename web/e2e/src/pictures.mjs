/** Pictures of pages for the documentation, taken while tests run; only where `HUTONG_PICTURES` names a folder. */
import { join } from "node:path";

export async function picture(page, name) {
  const folder = process.env.HUTONG_PICTURES;
  if (!folder) return;
  // Nothing is pointed at.
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
