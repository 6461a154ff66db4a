//! The five examples as data: what each must do once it runs.

/// What is to be proved of an example, beyond what holds for all of them.
pub(crate) struct Example {
    /// The folder in `examples/`, the image's name and the name of what `k8s.yaml` describes.
    pub(crate) name: &'static str,
    /// The Dockerfile's name.
    pub(crate) dockerfile: &'static str,
    /// The port in the container.
    pub(crate) port: u16,
    /// The path of the health check.
    pub(crate) health: &'static str,
    /// What the command line of the web process names.
    pub(crate) server: &'static str,
    /// How many processes of that name run with the spec's own numbers.
    pub(crate) processes: usize,
    /// The user and the group.
    pub(crate) uid: u64,
    /// Whether something must run once before a new version serves.
    pub(crate) has_release: bool,
    /// The limit in `compose.yaml`, in bytes.
    pub(crate) memory: u64,
    /// The folders that the user may write to.
    pub(crate) volumes: &'static [&'static str],
    /// A source file: a change of it must leave the dependencies' layer alone.
    pub(crate) source: &'static str,
    /// Words of the build step that installs the dependencies.
    pub(crate) install: &'static str,
    /// What a container without Compose must be told, so that it starts.
    pub(crate) environment: &'static [&'static str],
    /// A path, the JSON that is posted to it, and what later answers must contain.
    pub(crate) write: (&'static str, &'static str),
    /// A path, and what its answer must contain after the write.
    pub(crate) reads: &'static [(&'static str, &'static str)],
    /// The same, after every container was replaced by a new one: data survives in volumes.
    pub(crate) kept: &'static [(&'static str, &'static str)],
}

const MEGABYTE: u64 = 1024 * 1024;

/// FastAPI, everything in memory, no backing service.
pub(crate) const DEVOPS_API: Example = Example {
    name: "devops-api",
    dockerfile: "Dockerfile",
    port: 8000,
    health: "/health",
    server: "uvicorn",
    processes: 1,
    uid: 10001,
    has_release: false,
    memory: 512 * MEGABYTE,
    volumes: &[],
    source: "app/main.py",
    install: "pip --python /opt/venv/bin/python install",
    environment: &[],
    write: ("/items", r#"{"name": "Hammer", "price": "9.99"}"#),
    reads: &[("/items/1", "Hammer"), ("/metrics", "\nitems 1.0\n")],
    kept: &[],
};

/// Django on PostgreSQL, dependencies by uv, a release step and its own user id.
pub(crate) const JAAY_BAAN: Example = Example {
    name: "jaay-baan",
    dockerfile: "Dockerfile",
    port: 8000,
    health: "/health/",
    server: "gunicorn",
    processes: 3,
    uid: 1001,
    has_release: true,
    memory: 512 * MEGABYTE,
    volumes: &["/app/jaaybaanbackend/logs", "/app/jaaybaanbackend/media"],
    source: "jaaybaanbackend/locations/views.py",
    install: "uv sync",
    environment: &["DB_HOST=db", "DB_PORT=5432", "DB_NAME=jaaybaan", "DB_USER=jaaybaan"],
    write: ("/locations/", r#"{"name": "Baan", "latitude": 13.75, "longitude": 100.5}"#),
    reads: &[("/locations/", "Baan"), ("/ready/", "ready"), ("/admin/login/", "/static/admin/css/base.")],
    kept: &[("/locations/", "Baan")],
};

/// Django on PostgreSQL and redis, psycopg2 compiled from source, uploads in a volume, another Dockerfile name.
pub(crate) const JEWELRY_SHOP: Example = Example {
    name: "jewelry-shop",
    dockerfile: "Dockerfile.prod",
    port: 8000,
    health: "/health/",
    server: "gunicorn",
    processes: 5,
    uid: 10001,
    has_release: true,
    memory: 1024 * MEGABYTE,
    volumes: &["/app/logs", "/app/media"],
    source: "catalog/views.py",
    install: "pip --python /opt/venv/bin/python install",
    environment: &["DATABASE_URL=postgresql://app:unused@db:5432/jewelry_shop", "REDIS_URL=redis://redis:6379/0"],
    write: ("/products/", r#"{"name": "Ring", "price": "99.90"}"#),
    reads: &[("/products/1/", r#""views": 1"#), ("/ready/", "ready"), ("/admin/login/", "/static/admin/css/base.")],
    kept: &[("/products/1/", r#""views": 2"#), ("/products/1/photo/", "JFIF")],
};

/// FastAPI in one file, another port.
pub(crate) const STRAVA_API: Example = Example {
    name: "strava-api",
    dockerfile: "Dockerfile",
    port: 8080,
    health: "/api/strava-integration/health",
    server: "uvicorn",
    processes: 1,
    uid: 10001,
    has_release: false,
    memory: 512 * MEGABYTE,
    volumes: &[],
    source: "multi_project_api.py",
    install: "pip --python /opt/venv/bin/python install",
    environment: &[],
    write: (
        "/api/strava-integration/activities",
        r#"{"athlete": "Mina", "sport": "ride", "distance_m": 20000, "duration_s": 3000}"#,
    ),
    reads: &[("/api/strava-integration/activities/1", "\"pace_s_per_km\":150.0")],
    kept: &[],
};

/// FastAPI on redis, dependencies as wheels from a stage of their own.
pub(crate) const WEATHER_TRACKER: Example = Example {
    name: "weather-tracker",
    dockerfile: "Dockerfile",
    port: 8000,
    health: "/health",
    server: "uvicorn",
    processes: 1,
    uid: 10001,
    has_release: false,
    memory: 512 * MEGABYTE,
    volumes: &[],
    source: "app/main.py",
    install: "pip wheel",
    environment: &["REDIS_HOST=redis"],
    write: ("/observations", r#"{"city": "Paris", "temperature": 20.5}"#),
    reads: &[("/observations/paris", "20.5"), ("/ready", "ready")],
    kept: &[("/observations/paris", "20.5")],
};
