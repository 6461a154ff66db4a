//! The five examples as data: their settings, and what they must answer.

/// Facts about one example that the checks need.
pub(crate) struct Example {
    /// Name of the folder in `examples/`, of the image, and of the Kubernetes objects.
    pub(crate) name: &'static str,
    pub(crate) dockerfile: &'static str,
    /// Port in the container.
    pub(crate) port: u16,
    /// Health check path.
    pub(crate) health: &'static str,
    /// A word in the command line of the web processes.
    pub(crate) server: &'static str,
    /// Number of these processes with the settings of the spec.
    pub(crate) processes: usize,
    /// Numeric user and group.
    pub(crate) uid: u64,
    pub(crate) has_release: bool,
    /// Memory limit in `compose.yaml`, in bytes.
    pub(crate) memory: u64,
    /// Folders that the user may write to.
    pub(crate) volumes: &'static [&'static str],
    /// A source file. Changing it must not rebuild the layer with the dependencies.
    pub(crate) source: &'static str,
    /// Part of the build step that installs the dependencies.
    pub(crate) install: &'static str,
    /// Environment variables (`NAME=value`) that a container needs to start without Compose.
    pub(crate) environment: &'static [&'static str],
    /// A path, and the JSON to post to it.
    pub(crate) write: (&'static str, &'static str),
    /// Paths, and what their responses must contain after the post.
    pub(crate) reads: &'static [(&'static str, &'static str)],
    /// The same after all containers are replaced: data in volumes is kept.
    pub(crate) kept: &'static [(&'static str, &'static str)],
}

const MEGABYTE: u64 = 1024 * 1024;

/// FastAPI, all data in memory, no backing service.
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

/// Django with PostgreSQL, uv, a release step and a custom user ID.
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

/// Django with PostgreSQL and Redis, psycopg2 compiled from source, uploads in a volume, and a custom Dockerfile name.
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

/// FastAPI in one file, on a custom port.
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

/// FastAPI with Redis, dependencies built as wheels in a separate stage.
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
    environment: &["REDIS_HOST=redis", "REDIS_PORT=6379"],
    write: ("/observations", r#"{"city": "Paris", "temperature": 20.5}"#),
    reads: &[("/observations/paris", "20.5"), ("/ready", "ready")],
    kept: &[("/observations/paris", "20.5")],
};
