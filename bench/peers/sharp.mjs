// sharp (npm): one line in names a picture and four paths, one line out says that they are written.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const sharp = createRequire(process.env.SHARP_FROM + "/")("sharp");
sharp.cache(false);

async function render({ source, original, medium, thumb, game }) {
  const upright = sharp(source).rotate().toColorspace("srgb");
  await Promise.all([
    upright.clone().jpeg({ quality: 90 }).toFile(original),
    upright.clone().resize(1600, 1600, { fit: "inside", withoutEnlargement: true }).jpeg({ quality: 85 }).toFile(medium),
    upright.clone().resize(400, 400, { fit: "inside", withoutEnlargement: true }).jpeg({ quality: 85 }).toFile(thumb),
    upright.clone().resize(50, 50, { fit: "cover" }).jpeg({ quality: 85 }).toFile(game),
  ]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  // One line, whatever libvips says; where the picture lies is nobody's business.
  const said = ({ message }) => message.replaceAll(`${request.source}: `, "").split("\n")[0];
  await render(request).then(() => console.log("done"), (error) => console.log(`failed: ${said(error)}`));
}
