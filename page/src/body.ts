// The moving figure: markers, bones, ground, and force arrows at the centre of pressure.

import {
  AmbientLight,
  BufferGeometry,
  Color,
  ConeGeometry,
  CylinderGeometry,
  DirectionalLight,
  Float32BufferAttribute,
  Fog,
  InstancedMesh,
  LineBasicMaterial,
  LineSegments,
  Matrix4,
  MeshLambertMaterial,
  PerspectiveCamera,
  Quaternion,
  Scene as Space,
  SphereGeometry,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

import { type Arrow, type Body, type Loaded, Times } from "./scene";
import type { Store } from "./state";
import { colour, SIDE_COLOURS } from "./words";

const UP = new Vector3(0, 1, 0); // the axis along which three.js builds cylinders and cones
const HIDDEN = new Matrix4().makeScale(0, 0, 0);
const ARROW_METRES = 0.5; // of a force of one body weight

interface Moving {
  times: Times;
  data: ArrayLike<number>;
}
interface Figure extends Moving {
  body: Body;
  joints: InstancedMesh;
  bones: InstancedMesh;
}
interface Force {
  arrow: Arrow;
  times: Times;
  place: ArrayLike<number>;
  force: ArrayLike<number>;
  shaft: InstancedMesh;
  head: InstancedMesh;
}
const CELL = 0.5; // metres
const CELLS = 24; // to each side

/** A grid of short lines: long ones that end behind the camera are lost in software rendering. */
function floor(hue: string): LineSegments {
  const ends: number[] = [];
  for (let i = -CELLS; i <= CELLS; i++) {
    for (let j = -CELLS; j < CELLS; j++) {
      const [a, b, c] = [i * CELL, j * CELL, (j + 1) * CELL];
      ends.push(a, b, 0, a, c, 0, b, a, 0, c, a, 0);
    }
  }
  const shape = new BufferGeometry().setAttribute("position", new Float32BufferAttribute(ends, 3));
  const lines = new LineSegments(shape, new LineBasicMaterial({ color: hue, depthWrite: false }));
  lines.frustumCulled = false;
  return lines;
}

/** Whether WebGL is computed by the processor. */
function drawnByProcessor(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const names = gl?.getExtension("WEBGL_debug_renderer_info");
  const found: unknown = names ? gl?.getParameter(names.UNMASKED_RENDERER_WEBGL) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(String(found));
}

export type View = "side" | "front" | "top" | "oblique";

export class Stage {
  readonly canvas: HTMLCanvasElement;
  private readonly renderer: WebGLRenderer;
  private readonly space = new Space();
  private readonly camera = new PerspectiveCamera(38, 1, 0.05, 200);
  private readonly controls: OrbitControls;
  private readonly figures: Figure[];
  private readonly forces: Force[];
  private grid: LineSegments | null = null;
  private readonly middle = new Vector3();
  private readonly heading = new Vector3(1, 0, 0);
  private readonly matrix = new Matrix4();
  private readonly turn = new Quaternion();
  private readonly a = new Vector3();
  private readonly b = new Vector3();
  private readonly size = new Vector3();
  private height = 1.8;
  private stale = true;

  constructor(
    private readonly host: HTMLElement,
    loaded: Loaded,
    private readonly store: Store,
  ) {
    // Without a graphics card smooth edges cost more than all the rest together.
    this.renderer = new WebGLRenderer({ antialias: !drawnByProcessor(), alpha: true });
    this.canvas = this.renderer.domElement;
    this.canvas.setAttribute("role", "img");
    host.append(this.canvas);
    this.camera.up.set(0, 0, 1);
    this.space.add(new AmbientLight(0xffffff, 1.6));
    const lamp = new DirectionalLight(0xffffff, 1.8);
    lamp.position.set(2, -3, 6);
    this.space.add(lamp);
    const { scene, numbers } = loaded;
    this.figures = scene.bodies.map((body) => {
      const ghost = body.origin === "generated";
      const joints = this.swarm(new SphereGeometry(1, 8, 6), body.points.length, ghost);
      const bones = this.swarm(new CylinderGeometry(1, 1, 1, 8), body.lines.length, ghost);
      const times = new Times(body.clock, numbers);
      return { body, joints, bones, times, data: numbers.get(body.data) };
    });
    this.forces = scene.arrows.map((arrow) => {
      const ghost = arrow.origin === "generated";
      return {
        arrow,
        times: new Times(arrow.clock, numbers),
        place: numbers.get(arrow.place),
        force: numbers.get(arrow.force),
        shaft: this.swarm(new CylinderGeometry(1, 1, 1, 12), 1, ghost),
        head: this.swarm(new ConeGeometry(1, 1, 16), 1, ghost),
      };
    });
    this.controls = new OrbitControls(this.camera, this.canvas);
    this.controls.enablePan = false;
    this.controls.addEventListener("change", () => {
      this.stale = true;
    });
    this.measure();
    this.paint();
    this.look("oblique");
    store.on(["time", "hover", "recorded"], () => {
      this.stale = true;
    });
    new ResizeObserver(() => {
      this.resize();
    }).observe(host);
  }

  private swarm(
    shape: SphereGeometry | CylinderGeometry | ConeGeometry,
    count: number,
    ghost: boolean,
  ): InstancedMesh {
    const material = new MeshLambertMaterial({ transparent: ghost, opacity: ghost ? 0.85 : 1 });
    const mesh = new InstancedMesh(shape, material, Math.max(count, 1));
    mesh.frustumCulled = false;
    this.space.add(mesh);
    return mesh;
  }

  /** Colours of the present theme. */
  paint(): void {
    for (const { body, joints, bones } of this.figures) {
      const own = body.origin === "generated" ? "green" : "";
      const muted = new Color(colour("muted"));
      body.points.forEach((_, i) => {
        joints.setColorAt(i, muted);
      });
      body.lines.forEach(([, , side], i) => {
        bones.setColorAt(i, new Color(colour(own || (SIDE_COLOURS[side] ?? "ink"))));
      });
      for (const mesh of [joints, bones]) if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
    }
    for (const { arrow, shaft, head } of this.forces) {
      const name = arrow.origin === "generated" ? "pink" : "green";
      for (const mesh of [shaft, head]) {
        mesh.setColorAt(0, new Color(colour(name)));
        if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
      }
    }
    if (this.grid !== null) this.space.remove(this.grid);
    this.grid = floor(colour("floor"));
    this.space.fog = new Fog(new Color(colour("card")), this.height * 1.8, this.height * 6);
    this.space.add(this.grid);
    this.stale = true;
  }

  /** Height of the person and the way they go, for the first view. */
  private measure(): void {
    const first = this.figures[0];
    if (first === undefined) return;
    const count = first.body.points.length;
    const [start, end] = [new Vector3(), new Vector3()];
    const frames: number[] = [];
    for (let f = 0; f < first.times.count; f += Math.max(1, Math.floor(first.times.count / 50))) {
      if (this.centre(first, f, count, end)) {
        if (frames.length === 0) start.copy(end);
        frames.push(this.tallest(first, f, count));
      }
    }
    if (frames.length > 0) this.height = Math.max(...frames, 0.3);
    const way = end.sub(start).setZ(0);
    if (way.length() > 0.3) this.heading.copy(way.normalize());
  }

  private tallest({ data }: Moving, frame: number, count: number): number {
    let high = 0;
    for (let p = 0; p < count; p++) {
      const z = data[(frame * count + p) * 3 + 2] ?? NaN;
      if (z > high) high = z;
    }
    return high;
  }

  private centre({ data }: Moving, frame: number, count: number, out: Vector3): boolean {
    out.set(0, 0, 0);
    let seen = 0;
    for (let p = 0; p < count; p++) {
      const at = (frame * count + p) * 3;
      const x = data[at] ?? NaN;
      if (!Number.isFinite(x)) continue;
      out.x += x;
      out.y += data[at + 1] ?? 0;
      out.z += data[at + 2] ?? 0;
      seen += 1;
    }
    if (seen > 0) out.divideScalar(seen);
    return seen > 0;
  }

  /** Look from a side; the person's way goes to the right when seen from the side. */
  look(view: View): void {
    const far = this.height * 1.8 + 0.3;
    const left = new Vector3(-this.heading.y, this.heading.x, 0);
    const from = {
      side: left.clone().multiplyScalar(-far),
      front: this.heading.clone().multiplyScalar(far),
      top: new Vector3(0, 0, far * 1.1).addScaledVector(left, -0.01),
      oblique: left.clone().multiplyScalar(-far * 0.82).addScaledVector(this.heading, far * 0.5),
    }[view];
    if (view === "oblique") from.z += this.height * 0.35;
    this.camera.position.copy(this.controls.target).add(from);
    this.controls.update();
    this.stale = true;
  }

  private resize(): void {
    const width = Math.max(this.host.clientWidth, 1);
    const height = Math.max(this.host.clientHeight, 1);
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(width, height);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.stale = true;
  }

  close(): void {
    this.controls.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }

  /** Draw if anything changed; `always` for a picture that is to be kept. */
  draw(always = false): void {
    if (!this.stale && !always) return;
    this.stale = false;
    const time = this.store.shown;
    this.figures.forEach((figure, k) => {
      this.pose(figure, time, k === 0);
    });
    for (const force of this.forces) this.push(force, time);
    this.renderer.render(this.space, this.camera);
  }

  private pose({ body, joints, bones, times, data }: Figure, time: number, follow: boolean): void {
    const frame = times.nearest(time);
    const count = body.points.length;
    const thick = this.height * 0.011;
    this.size.setScalar(this.height * 0.0085);
    for (let p = 0; p < count; p++) {
      const seen = frame >= 0 && this.read(data, frame * count + p, this.a);
      if (seen) joints.setMatrixAt(p, this.matrix.compose(this.a, this.turn.identity(), this.size));
      else joints.setMatrixAt(p, HIDDEN);
    }
    body.lines.forEach(([from, to], i) => {
      const seen =
        frame >= 0 &&
        this.read(data, frame * count + from, this.a) &&
        this.read(data, frame * count + to, this.b);
      bones.setMatrixAt(i, seen ? this.between(this.a, this.b, thick) : HIDDEN);
    });
    joints.instanceMatrix.needsUpdate = true;
    bones.instanceMatrix.needsUpdate = true;
    if (follow && frame >= 0 && this.centre({ times, data }, frame, count, this.b)) {
      this.b.z = this.height * 0.5;
      this.a.copy(this.b).sub(this.middle);
      this.middle.copy(this.b);
      this.camera.position.add(this.a);
      this.controls.target.copy(this.b);
      this.grid?.position.set(Math.round(this.b.x / CELL) * CELL, Math.round(this.b.y / CELL) * CELL, 0);
      this.camera.lookAt(this.b);
    }
  }

  private read(data: ArrayLike<number>, point: number, out: Vector3): boolean {
    const [x, y, z] = [data[point * 3], data[point * 3 + 1], data[point * 3 + 2]];
    out.set(x ?? NaN, y ?? NaN, z ?? NaN);
    return Number.isFinite(out.x + out.y + out.z);
  }

  private between(from: Vector3, to: Vector3, thick: number): Matrix4 {
    const way = to.clone().sub(from);
    const long = way.length();
    if (long < 1e-6) return HIDDEN;
    this.turn.setFromUnitVectors(UP, way.divideScalar(long));
    const middle = from.clone().add(to).multiplyScalar(0.5);
    return this.matrix.compose(middle, this.turn, this.size.set(thick, long, thick));
  }

  private push({ times, place, force, shaft, head }: Force, time: number): void {
    const frame = times.nearest(time);
    const seen = frame >= 0 && this.read(place, frame, this.a) && this.read(force, frame, this.b);
    const long = this.b.length() * ARROW_METRES;
    if (!seen || long < 0.03) {
      shaft.setMatrixAt(0, HIDDEN);
      head.setMatrixAt(0, HIDDEN);
    } else {
      const thick = 0.011;
      const tip = this.a.clone().addScaledVector(this.b, ARROW_METRES);
      const neck = this.a.clone().addScaledVector(this.b, ARROW_METRES * Math.max(0, 1 - 0.07 / long));
      shaft.setMatrixAt(0, this.between(this.a.clone(), neck, thick));
      this.turn.setFromUnitVectors(UP, this.b.clone().normalize());
      const centre = neck.add(tip).multiplyScalar(0.5);
      const size = new Vector3(thick * 2.6, Math.min(0.07, long), thick * 2.6);
      head.setMatrixAt(0, this.matrix.compose(centre, this.turn, size));
    }
    shaft.instanceMatrix.needsUpdate = true;
    head.instanceMatrix.needsUpdate = true;
  }
}
