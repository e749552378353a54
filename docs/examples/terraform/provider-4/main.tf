terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 4.52"
    }
  }
}

variable "account_id" {
  type = string
}

variable "api_token" {
  type      = string
  sensitive = true
}

variable "api_hostname" {
  type        = string
  description = "Host and port of the API. The provider speaks HTTPS with it."
  default     = "api.cloudflare.com"
}

variable "certificate" {
  type        = string
  description = "The root CA of the clients, as PEM."
}

provider "cloudflare" {
  api_token     = var.api_token
  api_hostname  = var.api_hostname
  api_base_path = "/client/v4"
}

# Early versions 4 call it cloudflare_access_mutual_tls_certificate, and the settings below cloudflare_access_mutual_tls_hostname_settings.
resource "cloudflare_zero_trust_access_mtls_certificate" "clients" {
  account_id           = var.account_id
  name                 = "Clients of the admin pages"
  certificate          = var.certificate
  associated_hostnames = ["admin.example.com", "metrics.example.com"]
}

resource "cloudflare_zero_trust_access_mtls_hostname_settings" "admin" {
  account_id = var.account_id

  settings {
    hostname                      = "admin.example.com"
    china_network                 = false
    client_certificate_forwarding = true
  }
}

output "fingerprint" {
  value = cloudflare_zero_trust_access_mtls_certificate.clients.fingerprint
}
