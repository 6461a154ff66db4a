//! Programs that take passwords as words of their command.

/// Where a password is, seen from its option.
#[derive(Clone, Copy)]
pub(super) enum Follows {
    /// In the same word only: `mysql -p` asks for it.
    AtOnce,
    /// In the next word only: `openssl -keyout` is another option.
    AsWord,
    /// In either.
    Either,
    /// The same, behind the name of a user and this mark.
    InLogin(char),
    /// In the next word, if that is no file.
    AsCookie,
    /// In a word without an option: `user/password@host`
    AsOperand,
}

use Follows::{AsCookie, AsOperand, AsWord, AtOnce, Either, InLogin};

/// Programs, an option of theirs, and where its password is.
pub(super) const PROGRAMS: &[(&str, &str, Follows)] = &[
    ("mysql mysqladmin mysqlcheck mysqldump mysqlimport mysqlpump mysqlshow mysqlsh", "-p", AtOnce),
    ("mariadb mariadb-admin mariadb-check mariadb-dump mariadb-import 7z 7za 7zz rar unrar", "-p", AtOnce),
    ("mongo mongodump mongoexport mongoimport mongorestore mongosh mongostat mongotop", "-p", AsWord),
    ("cqlsh mycli rabbitmqadmin twine useradd usermod", "-p", AsWord),
    ("sshpass", "-p", Either),
    ("keydb-cli redis-cli valkey-cli", "-a", AsWord),
    ("openssl", "-k", AsWord),
    ("openssl", "-K", AsWord),
    ("ldapadd ldapcompare ldapdelete ldapmodify ldapmodrdn ldappasswd ldapsearch ldapwhoami", "-w", Either),
    ("ldappasswd", "-s", Either),
    ("bcp isql mssql-cli sqlcmd tsql", "-P", Either),
    ("ipmitool mosquitto_pub mosquitto_rr mosquitto_sub unzip zip", "-P", AsWord),
    ("snmpbulkget snmpbulkwalk snmpget snmpgetnext snmpset snmptable snmptrap snmpwalk", "-c", Either),
    ("snmpbulkget snmpbulkwalk snmpget snmpgetnext snmpset snmptable snmptrap snmpwalk", "-A", Either),
    ("snmpbulkget snmpbulkwalk snmpget snmpgetnext snmpset snmptable snmptrap snmpwalk", "-X", Either),
    ("curl", "-u", InLogin(':')),
    ("curl", "-U", InLogin(':')),
    ("curl", "--user", InLogin(':')),
    ("curl", "-b", AsCookie),
    ("http https httpie xh xhs", "-a", InLogin(':')),
    ("lftp", "-u", InLogin(',')),
    ("net rpcclient smbclient smbget", "-U", InLogin('%')),
    ("expdp impdp sqlldr sqlplus", "", AsOperand),
];

/// Options of any program that are followed by a user and a password.
pub(super) const LOGINS: &[&str] = &["-u", "--user", "--basic-auth", "--basic_auth", "--proxy-user"];

/// Groups of Linux: `--user app:nogroup` has no password.
pub(super) const GROUPS: &[&str] =
    &["adm", "daemon", "docker", "nobody", "nogroup", "root", "staff", "users", "wheel", "www-data"];

/// Programs and their words that are followed by a password.
pub(super) const FOLLOWED: &[(&str, &str)] = &[
    ("vault", "login"),
    ("wandb", "login"),
    ("snyk", "auth"),
    ("ngrok", "authtoken"),
    ("ngrok", "add-authtoken"),
    ("rclone", "obscure"),
];

/// Programs, a word behind which an option of theirs is followed by a password, and that option.
pub(super) const SUBCOMMANDS: &[(&str, &str, &[&str])] = &[
    ("airflow", "create", &["-p"]),
    ("airflow", "create-user", &["-p"]),
    ("airflow", "reset-password", &["-p"]),
    ("prefect", "login", &["-k", "--key"]),
];

/// Programs that set what is named as the value behind it: `aws configure set aws_secret_access_key p`.
pub(super) const CONFIGURED: &[&str] =
    &["aws", "gcloud", "git", "npm", "pip", "pnpm", "poetry", "redis-cli", "valkey-cli", "yarn"];

/// Programs and their words whose last operand, behind another one, is a password.
pub(super) const LAST_OPERANDS: &[(&str, &str)] = &[
    ("htpasswd", "-b"),
    ("mc", "set"),
    ("mc", "add"),
    ("rabbitmqctl", "add_user"),
    ("rabbitmqctl", "authenticate_user"),
    ("rabbitmqctl", "change_password"),
];

/// Words of commands that read a password from their input.
pub(super) const STDIN: &[&str] =
    &["chpasswd", "cryptsetup", "--passphrase-fd", "--password-stdin", "--stdin", "-stdin", "--token-stdin"];
